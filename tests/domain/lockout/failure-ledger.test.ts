import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FailureLedger, type LedgerTime } from '../../../ts-core/domain/lockout/failure-ledger.js';
import { type LockoutThresholds, MAX_FAILURES, thresholdsOf } from '../../../ts-core/domain/lockout/lockout-window.js';
import { DEFAULT_POLICY_SETTINGS } from '../../../ts-core/domain/policy/settings.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WALL_START = Date.UTC(2026, 0, 1);
const DEFAULTS: LockoutThresholds = { windowMinutes: 480, individualThreshold: 4, totalThreshold: 9 };

function at(bootTimeMs: number, bootId = 'boot-1', wallStepMs = 0): LedgerTime {
  return { bootId, bootTimeMs, wallClockMs: WALL_START + bootTimeMs + wallStepMs };
}

function failTimes(
  ledger: FailureLedger,
  userKey: string,
  count: number,
  now: LedgerTime,
  thresholds = DEFAULTS,
): void {
  for (let index = 0; index < count; index += 1) ledger.record(userKey, now, thresholds);
}

/** Restarts the broker, in the same or another boot, with the stored ledger. */
function restarted(ledger: FailureLedger, keptAt: LedgerTime, startedAt: LedgerTime): FailureLedger {
  const next = new FailureLedger();
  next.restore(JSON.parse(JSON.stringify(ledger.state(keptAt))), startedAt);
  return next;
}

describe('the failure ledger: lockout', () => {
  it('has the default thresholds 4 and 9 and the window 480 minutes', () => {
    assert.deepEqual(thresholdsOf(DEFAULT_POLICY_SETTINGS), DEFAULTS);
  });

  it('leaves a user below the individual threshold alone, and locks the user out at it', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 3, at(0));
    assert.deepEqual(ledger.verdictFor('uid:1', at(1), DEFAULTS), { open: true });
    failTimes(ledger, 'uid:1', 1, at(0));
    assert.deepEqual(ledger.verdictFor('uid:1', at(1), DEFAULTS), {
      open: false,
      scope: 'user',
      lockedOutUntil: WALL_START + 480 * MINUTE + 1,
      failures: 4,
      threshold: 4,
    });
    assert.deepEqual(ledger.verdictFor('uid:2', at(1), DEFAULTS), { open: true });
  });

  it('locks out everyone at the total threshold, even a user who never failed', () => {
    const ledger = new FailureLedger();
    for (const userKey of ['uid:1', 'uid:2', 'uid:3']) failTimes(ledger, userKey, 3, at(0));
    const verdict = ledger.verdictFor('uid:4', at(5), DEFAULTS);
    assert.equal(verdict.open, false);
    assert.deepEqual(verdict, {
      open: false,
      scope: 'total',
      lockedOutUntil: WALL_START + 480 * MINUTE + 1,
      failures: 9,
      threshold: 9,
    });
  });

  it('names the scope that ends later if both apply', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 5, at(0));
    failTimes(ledger, 'uid:2', 4, at(HOUR));
    const verdict = ledger.verdictFor('uid:2', at(HOUR), DEFAULTS);
    assert.ok(!verdict.open);
    assert.equal(verdict.scope, 'user');
    assert.equal(verdict.lockedOutUntil, WALL_START + 9 * HOUR + 1);
  });

  it('counts a failure exactly as old as the window, but not one millisecond later', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(0));
    assert.equal(ledger.verdictFor('uid:1', at(480 * MINUTE), DEFAULTS).open, false);
    assert.equal(ledger.verdictFor('uid:1', at(480 * MINUTE + 1), DEFAULTS).open, true);
  });

  it('ends the lockout as soon as enough failures have aged out, not all', () => {
    const ledger = new FailureLedger();
    for (let hour = 0; hour < 4; hour += 1) failTimes(ledger, 'uid:1', 1, at(hour * HOUR));
    const verdict = ledger.verdictFor('uid:1', at(3 * HOUR), DEFAULTS);
    assert.ok(!verdict.open);
    assert.equal(verdict.lockedOutUntil, WALL_START + 8 * HOUR + 1);
    assert.equal(ledger.verdictFor('uid:1', at(8 * HOUR + 1), DEFAULTS).open, true);
  });

  it('never ends with a threshold of 0, whichever of the two, even with a window of 0', () => {
    const ledger = new FailureLedger();
    for (const thresholds of [
      { ...DEFAULTS, individualThreshold: 0 },
      { ...DEFAULTS, totalThreshold: 0 },
      { ...DEFAULTS, totalThreshold: 0, windowMinutes: 0 },
    ]) {
      const expected = { open: false, scope: 'threshold0', lockedOutUntil: null, failures: 0, threshold: 0 };
      assert.deepEqual(ledger.verdictFor('uid:1', at(0), thresholds), expected);
    }
  });

  it('counts nothing with a window of 0, and reports that', () => {
    const ledger = new FailureLedger();
    const off = { ...DEFAULTS, windowMinutes: 0 };
    assert.equal(ledger.record('uid:1', at(0), off), false);
    failTimes(ledger, 'uid:1', 20, at(0));
    assert.equal(ledger.verdictFor('uid:1', at(0), off).open, true);
    const summary = ledger.summary(at(0), off);
    assert.equal(summary.countingOff, true);
    assert.equal(summary.totalFailures, 0);
  });

  it('ends for one user or for all when reset', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(0));
    failTimes(ledger, 'uid:2', 4, at(0));
    const ofFirst = ledger.failuresOf('uid:1');
    assert.equal(ofFirst.size, 4);
    assert.deepEqual(ledger.state(at(0), ofFirst).failures, ledger.state(at(0)).failures.slice(4));
    ledger.forget(ofFirst);
    assert.equal(ledger.verdictFor('uid:1', at(0), DEFAULTS).open, true);
    assert.equal(ledger.verdictFor('uid:2', at(0), DEFAULTS).open, false);
    const ofAll = ledger.failuresOf();
    assert.equal(ofAll.size, 4);
    ledger.forget(ofAll);
    assert.equal(ledger.verdictFor('uid:2', at(0), DEFAULTS).open, true);
  });

  it('obeys a threshold or window that policy changes meanwhile', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 3, at(0));
    assert.equal(ledger.verdictFor('uid:1', at(0), { ...DEFAULTS, individualThreshold: 3 }).open, false);
    const short = { ...DEFAULTS, windowMinutes: 10 };
    assert.equal(ledger.verdictFor('uid:1', at(HOUR), { ...short, individualThreshold: 3 }).open, true);
    failTimes(ledger, 'uid:1', 1, at(HOUR), short);
    assert.equal(
      ledger.verdictFor('uid:1', at(HOUR), DEFAULTS).open,
      false,
      'a longer window finds the earlier failures',
    );
  });

  it('remembers a bounded number of failures and still locks out at a threshold beyond it', () => {
    const ledger = new FailureLedger();
    const huge = { windowMinutes: 480, individualThreshold: 4_294_967_295, totalThreshold: 4_294_967_295 };
    failTimes(ledger, 'uid:1', MAX_FAILURES - 1, at(0), huge);
    assert.equal(ledger.verdictFor('uid:1', at(0), huge).open, true);
    failTimes(ledger, 'uid:1', 3, at(0), huge);
    assert.equal(ledger.state(at(0)).failures.length, MAX_FAILURES);
    assert.equal(ledger.verdictFor('uid:1', at(0), huge).open, false);
  });
});

describe('the failure ledger: its records', () => {
  it('are empty at first', () => {
    assert.equal(new FailureLedger().failuresOf().size, 0);
    const ledger = new FailureLedger();
    assert.deepEqual(ledger.state(at(0)).failures, []);
    assert.equal(ledger.failuresOf().size, 0);
    assert.deepEqual(ledger.summary(at(0), DEFAULTS).users, []);
    assert.equal(ledger.record('uid:1', at(-5), DEFAULTS), true);
    assert.deepEqual(
      ledger.state(at(0)).failures.map(({ bootTimeMs }) => bootTimeMs),
      [-5],
    );
  });

  it('are each failure with its user, its boot and both clocks', () => {
    const ledger = new FailureLedger();
    assert.equal(ledger.record('uid:1', at(5), DEFAULTS), true);
    assert.deepEqual(ledger.state(at(9)).failures, [
      { userKey: 'uid:1', bootId: 'boot-1', bootTimeMs: 5, wallClockMs: WALL_START + 5 },
    ]);
  });

  it('are in order of time, even if the boot-time clock goes back', () => {
    const ledger = new FailureLedger();
    for (const bootTimeMs of [100, 50, 120]) ledger.record('uid:1', at(bootTimeMs), DEFAULTS);
    assert.deepEqual(
      ledger.state(at(120)).failures.map(({ bootTimeMs }) => bootTimeMs),
      [100, 100, 120],
    );
  });

  it('go back at least a day, or as far as a longer window', () => {
    const ledger = new FailureLedger();
    const kept = (hours: number, windowMinutes: number) => {
      const next = new FailureLedger();
      next.restore(ledger.state(at(0)), at(0));
      next.record('uid:2', at(hours * HOUR), { ...DEFAULTS, windowMinutes });
      return next.state(at(hours * HOUR)).failures.length;
    };
    failTimes(ledger, 'uid:1', 3, at(0));
    assert.equal(kept(24, 10), 4);
    assert.equal(kept(25, 10), 1);
    assert.equal(kept(25, 26 * 60), 4);
  });

  it('are in order of time after a restart, whichever boots the failures come from', () => {
    const ledger = new FailureLedger();
    const failure = (bootId: string, bootTimeMs: number) => {
      return { userKey: 'uid:1', bootId, bootTimeMs, wallClockMs: WALL_START + bootTimeMs };
    };
    const settled = ledger.restore(
      { failures: [failure('boot-2', 3 * HOUR), failure('boot-1', HOUR), failure('boot-2', 2 * HOUR)] },
      at(4 * HOUR, 'boot-2'),
    );
    assert.equal(settled, true, 'one of them was of another boot');
    const { failures } = ledger.state(at(4 * HOUR, 'boot-2'));
    assert.deepEqual(
      failures.map(({ bootTimeMs }) => bootTimeMs),
      [HOUR, 2 * HOUR, 3 * HOUR],
    );
    assert.deepEqual(new Set(failures.map(({ bootId }) => bootId)), new Set(['boot-2']));
    assert.equal(new FailureLedger().restore({ failures }, at(4 * HOUR, 'boot-2')), false);
    assert.equal(new FailureLedger().restore({ failures: [] }, at(0)), false);
  });

  it('are the newest failures after a restart, if more were stored than fit', () => {
    const ledger = new FailureLedger();
    const failures = Array.from({ length: MAX_FAILURES + 2 }, (_, index) => {
      return { userKey: 'uid:1', bootId: 'boot-1', bootTimeMs: index, wallClockMs: WALL_START };
    });
    ledger.restore({ failures }, at(HOUR));
    const kept = ledger.state(at(HOUR)).failures;
    assert.deepEqual([kept.length, kept[0]?.bootTimeMs], [MAX_FAILURES, 2]);
  });

  it('contain no failure after a restart for which one clock is unknown', () => {
    const ledger = new FailureLedger();
    const whole = { userKey: 'uid:1', bootId: 'boot-1', bootTimeMs: 1, wallClockMs: 1 };
    const infinite = { ...whole, bootTimeMs: Number.POSITIVE_INFINITY, wallClockMs: Number.POSITIVE_INFINITY };
    ledger.restore({ failures: [{ ...whole, wallClockMs: Number.NaN }, whole, infinite] }, at(2));
    assert.equal(ledger.state(at(2)).failures.length, 1);
  });
});

describe('the failure ledger: the summary', () => {
  it('has each user with failures that count, when each ages out, and who is locked out', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 1, at(0));
    failTimes(ledger, 'uid:2', 1, at(HOUR));
    failTimes(ledger, 'uid:2', 3, at(2 * HOUR));
    const now = at(9 * HOUR);
    assert.deepEqual(ledger.summary(now, DEFAULTS), {
      thresholds: DEFAULTS,
      countingOff: false,
      totalFailures: 4,
      verdictForOthers: { open: true },
      users: [
        {
          userKey: 'uid:2',
          failures: 4,
          agesOutAt: [1, 2, 2, 2].map((hour) => WALL_START + hour * HOUR + 480 * MINUTE + 1),
          verdict: ledger.verdictFor('uid:2', now, DEFAULTS),
        },
      ],
    });
    assert.equal(ledger.verdictFor('uid:2', now, DEFAULTS).open, false);
  });

  it('reports that the total threshold locks out the others', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 9, at(0));
    const { verdictForOthers } = ledger.summary(at(0), DEFAULTS);
    assert.ok(!verdictForOthers.open && verdictForOthers.scope === 'total');
  });
});

describe('the failure ledger: time', () => {
  it('neither forgets nor prolongs if the wall clock steps within a boot, even across a restart of the broker', () => {
    for (const step of [-365 * 24 * HOUR, 365 * 24 * HOUR]) {
      const ledger = new FailureLedger();
      failTimes(ledger, 'uid:1', 4, at(0));
      const again = restarted(ledger, at(HOUR), at(2 * HOUR, 'boot-1', step));
      assert.equal(again.verdictFor('uid:1', at(480 * MINUTE, 'boot-1', step), DEFAULTS).open, false);
      assert.equal(again.verdictFor('uid:1', at(480 * MINUTE + 1, 'boot-1', step), DEFAULTS).open, true);
    }
  });

  it('ages across boots by the wall clock', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(HOUR));
    const next = new FailureLedger();
    const start = { bootId: 'boot-2', bootTimeMs: 0, wallClockMs: WALL_START + 3 * HOUR };
    assert.equal(next.restore(ledger.state(at(HOUR)), start), true);
    const later = (ms: number): LedgerTime => ({
      bootId: 'boot-2',
      bootTimeMs: ms,
      wallClockMs: start.wallClockMs + ms,
    });
    assert.equal(next.verdictFor('uid:1', later(6 * HOUR), DEFAULTS).open, false);
    assert.equal(next.verdictFor('uid:1', later(6 * HOUR + 1), DEFAULTS).open, true);
  });

  it('treats a failure as new if the wall clock went back across boots, but for no longer than one window', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(HOUR));
    const back = -30 * 24 * HOUR;
    const next = restarted(ledger, at(HOUR), at(0, 'boot-2', back));
    assert.equal(next.verdictFor('uid:1', at(480 * MINUTE, 'boot-2', back), DEFAULTS).open, false);
    assert.equal(next.verdictFor('uid:1', at(480 * MINUTE + 1, 'boot-2', back), DEFAULTS).open, true);
    const third = restarted(next, at(HOUR, 'boot-2', back), at(10 * HOUR, 'boot-3', back));
    assert.equal(
      third.verdictFor('uid:1', at(10 * HOUR, 'boot-3', back), DEFAULTS).open,
      true,
      'ages on in later boots',
    );
  });

  it('settles the age of a failure of an earlier boot once: setting the wall clock later in the boot changes nothing', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(HOUR));
    const next = restarted(ledger, at(HOUR), at(2 * HOUR, 'boot-2'));
    const far = 1000 * HOUR;
    assert.equal(next.verdictFor('uid:1', at(3 * HOUR, 'boot-2', far), DEFAULTS).open, false);
    const again = restarted(next, at(3 * HOUR, 'boot-2'), at(4 * HOUR, 'boot-2', far));
    assert.equal(again.verdictFor('uid:1', at(9 * HOUR, 'boot-2', far), DEFAULTS).open, false);
    assert.equal(again.verdictFor('uid:1', at(9 * HOUR + 1, 'boot-2', far), DEFAULTS).open, true);
  });

  it('remembers across a reboot what happened before the wall clock was first set', () => {
    const ledger = new FailureLedger();
    const in1970 = (ms: number): LedgerTime => ({ bootId: 'boot-1', bootTimeMs: ms, wallClockMs: ms });
    failTimes(ledger, 'uid:1', 4, in1970(MINUTE));
    assert.deepEqual(
      ledger.state(at(HOUR)).failures.map(({ wallClockMs }) => wallClockMs),
      new Array(4).fill(WALL_START + MINUTE),
      'stored with the time that the clock should have had',
    );
    const next = restarted(ledger, at(HOUR), at(2 * HOUR, 'boot-2'));
    assert.equal(next.verdictFor('uid:1', at(2 * HOUR, 'boot-2'), DEFAULTS).open, false);
  });

  it('settles again if the boot changes under a running process', () => {
    const ledger = new FailureLedger();
    failTimes(ledger, 'uid:1', 4, at(5 * HOUR));
    const moved = (ms: number): LedgerTime => ({
      bootId: 'boot-2',
      bootTimeMs: ms,
      wallClockMs: WALL_START + 6 * HOUR + ms,
    });
    assert.equal(ledger.verdictFor('uid:1', moved(0), DEFAULTS).open, false);
    assert.equal(ledger.verdictFor('uid:1', moved(7 * HOUR + 1), DEFAULTS).open, true);
  });

  it('accepts a stored record without a time', () => {
    const ledger = new FailureLedger();
    const broken = { userKey: 'uid:1', bootId: 'boot-1', bootTimeMs: Number.NaN, wallClockMs: 0 };
    ledger.restore({ failures: [broken, { ...broken, bootTimeMs: 1 }] }, at(2));
    assert.equal(ledger.state(at(2)).failures.length, 1);
  });
});

describe('the failure ledger: properties', () => {
  type Step =
    | { readonly kind: 'guess'; readonly user: number }
    | { readonly kind: 'wait'; readonly minutes: number }
    | { readonly kind: 'stepWallClock'; readonly minutes: number }
    | { readonly kind: 'restartBroker' }
    | { readonly kind: 'reboot'; readonly offMinutes: number };

  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('guess' as const), user: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.nat(300) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('stepWallClock' as const),
        minutes: fc.integer({ min: -1e6, max: 1e6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restartBroker' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reboot' as const), offMinutes: fc.nat(600) }) },
  );

  /**
   * Runs the steps as the dispatcher does: checks the gate before each guess, and counts each guess that passes as
   * wrong.
   */
  function run(steps: readonly Step[], thresholds: LockoutThresholds, wallSteps: boolean) {
    let ledger = new FailureLedger();
    let elapsedMs = 0;
    let boot = 1;
    let bootStartedMs = 0;
    let wallStepMs = 0;
    const passed: { user: string; atMs: number }[] = [];
    const refused: { user: string; atMs: number; wallClockMs: number; lockedOutUntil: number | null }[] = [];
    const now = (): LedgerTime => ({
      bootId: `boot-${boot}`,
      bootTimeMs: elapsedMs - bootStartedMs,
      wallClockMs: WALL_START + elapsedMs + wallStepMs,
    });
    const restart = (): void => {
      const kept = ledger.state(now());
      ledger = new FailureLedger();
      return void ledger.restore(kept, now());
    };
    for (const action of steps) {
      if (action.kind === 'wait') elapsedMs += action.minutes * MINUTE;
      else if (action.kind === 'stepWallClock') wallStepMs += wallSteps ? action.minutes * MINUTE : 0;
      else if (action.kind === 'restartBroker') restart();
      else if (action.kind === 'reboot') {
        const kept = ledger.state(now());
        boot += 1;
        elapsedMs += action.offMinutes * MINUTE;
        bootStartedMs = elapsedMs;
        ledger = new FailureLedger();
        ledger.restore(kept, now());
      } else {
        const user = `uid:${action.user}`;
        const verdict = ledger.verdictFor(user, now(), thresholds);
        if (verdict.open) {
          ledger.record(user, now(), thresholds);
          passed.push({ user, atMs: elapsedMs });
        } else
          refused.push({
            user,
            atMs: elapsedMs,
            wallClockMs: now().wallClockMs,
            lockedOutUntil: verdict.lockedOutUntil,
          });
      }
    }
    return { passed, refused };
  }

  const thresholds = fc.record({
    windowMinutes: fc.integer({ min: 1, max: 600 }),
    individualThreshold: fc.integer({ min: 1, max: 6 }),
    totalThreshold: fc.integer({ min: 1, max: 10 }),
  });

  it('lets no user past the individual threshold, nor all together past the total threshold, in any window', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), thresholds, (steps, limits) => {
        const { passed } = run(steps, limits, false);
        for (const { atMs } of passed) {
          const inWindow = passed.filter(
            (other) => other.atMs <= atMs && atMs - other.atMs <= limits.windowMinutes * MINUTE,
          );
          assert.ok(inWindow.length <= limits.totalThreshold);
          for (const user of new Set(inWindow.map((other) => other.user))) {
            assert.ok(inWindow.filter((other) => other.user === user).length <= limits.individualThreshold);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses exactly while the failures in the window reach a threshold, and reports when that ends', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), thresholds, (steps, limits) => {
        const { passed, refused } = run(steps, limits, false);
        for (const { user, atMs, wallClockMs, lockedOutUntil } of refused) {
          const counted = (whenMs: number) =>
            passed.filter((other) => other.atMs <= atMs && whenMs - other.atMs <= limits.windowMinutes * MINUTE);
          const closed = (whenMs: number) =>
            counted(whenMs).length >= limits.totalThreshold ||
            counted(whenMs).filter((other) => other.user === user).length >= limits.individualThreshold;
          const endsAtMs = atMs + ((lockedOutUntil as number) - wallClockMs);
          assert.ok(closed(atMs) && closed(endsAtMs - 1) && !closed(endsAtMs));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is not affected by steps of the wall clock and restarts of the broker within a boot', () => {
    const withinBoot = fc.array(step, { maxLength: 80 }).map((steps) => steps.filter(({ kind }) => kind !== 'reboot'));
    fc.assert(
      fc.property(withinBoot, thresholds, (steps, limits) => {
        const calm = steps.filter(({ kind }) => kind !== 'restartBroker');
        assert.deepEqual(run(steps, limits, true).passed, run(calm, limits, false).passed);
      }),
      { numRuns: 300 },
    );
  });
});
