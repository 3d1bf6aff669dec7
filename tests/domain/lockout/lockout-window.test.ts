import assert from 'node:assert/strict';
import {
  agesOutAt,
  firstCounted,
  judgeLockout,
  type LockoutThresholds,
  lockedOutUntilText,
  MAX_FAILURES,
} from '../../../ts-core/domain/lockout/lockout-window.js';

const MINUTE = 60_000;
const NOW = { bootTimeMs: 600 * MINUTE, wallClockMs: Date.UTC(2026, 0, 1, 12) };
const THRESHOLDS: LockoutThresholds = { windowMinutes: 480, individualThreshold: 4, totalThreshold: 9 };

/** Failures at these ages in minutes, oldest first. */
function aged(...minutes: readonly number[]): readonly number[] {
  return minutes.map((age) => NOW.bootTimeMs - age * MINUTE);
}

describe('the lockout window', () => {
  it('refuses nobody while nobody has failed, or with a window of 0', () => {
    assert.deepEqual(judgeLockout([], [], NOW, THRESHOLDS), { open: true });
    const failures = new Array<number>(20).fill(NOW.bootTimeMs);
    assert.deepEqual(judgeLockout(failures, failures, NOW, { ...THRESHOLDS, windowMinutes: 0 }), { open: true });
  });

  it('reports how many failures count if a threshold of 0 locks out', () => {
    const all = aged(500, 480, 1);
    const verdict = { open: false, scope: 'threshold0', lockedOutUntil: null, threshold: 0 };
    assert.deepEqual(judgeLockout([], all, NOW, { ...THRESHOLDS, individualThreshold: 0 }), {
      ...verdict,
      failures: 2,
    });
    assert.deepEqual(judgeLockout([], all, NOW, { ...THRESHOLDS, totalThreshold: 0 }), { ...verdict, failures: 2 });
    const countingOff = { ...THRESHOLDS, totalThreshold: 0, windowMinutes: 0 };
    assert.deepEqual(judgeLockout([], aged(1, 0), NOW, countingOff), { ...verdict, failures: 0 });
  });

  it('refuses because of the scope that ends later, or of the user if both end together', () => {
    const both = { ...THRESHOLDS, individualThreshold: 2, totalThreshold: 3 };
    const scopeOf = (user: readonly number[], all: readonly number[]): unknown => {
      const verdict = judgeLockout(user, all, NOW, both);
      return verdict.open ? 'open' : [verdict.scope, verdict.lockedOutUntil];
    };
    assert.deepEqual(scopeOf(aged(20, 10), aged(20, 10)), ['user', agesOutAt(aged(20)[0] as number, NOW, 480)]);
    assert.deepEqual(scopeOf(aged(20), aged(30, 20, 10)), ['total', agesOutAt(aged(30)[0] as number, NOW, 480)]);
    assert.deepEqual(scopeOf(aged(20, 10), aged(40, 20, 10)), ['user', agesOutAt(aged(20)[0] as number, NOW, 480)]);
    assert.deepEqual(scopeOf(aged(40, 5), aged(40, 30, 20, 5)), ['total', agesOutAt(aged(30)[0] as number, NOW, 480)]);
    assert.deepEqual(scopeOf(aged(30, 5), aged(30, 20, 5)), ['user', agesOutAt(aged(30)[0] as number, NOW, 480)]);
    assert.equal(scopeOf(aged(10), aged(20, 10)), 'open');
  });

  it('limits a threshold to the number of remembered failures', () => {
    const all = new Array<number>(MAX_FAILURES).fill(NOW.bootTimeMs);
    const beyond = { ...THRESHOLDS, individualThreshold: MAX_FAILURES + 1, totalThreshold: MAX_FAILURES + 1 };
    assert.equal(judgeLockout([], all.slice(1), NOW, beyond).open, true);
    const verdict = judgeLockout([], all, NOW, beyond);
    assert.ok(!verdict.open && verdict.threshold === MAX_FAILURES);
  });
});

describe('the failures that count', () => {
  it('are at most as old as the window', () => {
    assert.equal(firstCounted(aged(500, 481, 480, 10), NOW.bootTimeMs, 480), 2);
    assert.equal(firstCounted(aged(500), NOW.bootTimeMs, 480), 1);
    assert.equal(firstCounted([], NOW.bootTimeMs, 480), 0);
  });

  it('age out one millisecond after the window has passed', () => {
    assert.equal(agesOutAt(NOW.bootTimeMs, NOW, 480), NOW.wallClockMs + 480 * MINUTE + 1);
  });
});

describe('the end of a lockout as shown to people', () => {
  it('is the next whole second, never before the lockout ends', () => {
    assert.equal(lockedOutUntilText(Date.UTC(2026, 0, 1, 12, 0, 0, 1)), '2026-01-01T12:00:01.000Z');
    assert.equal(lockedOutUntilText(Date.UTC(2026, 0, 1, 12)), '2026-01-01T12:00:00.000Z');
    assert.equal(lockedOutUntilText(null), null);
  });
});
