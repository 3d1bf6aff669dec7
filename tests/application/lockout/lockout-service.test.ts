import assert from 'node:assert/strict';
import { LockoutService } from '../../../ts-core/application/lockout/lockout-service.js';
import type { FailureLedgerState } from '../../../ts-core/domain/lockout/failure-ledger.js';
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

const WINDOW_MS = 480 * 60_000;
const COMMAND = 'TPM2_Sign';

function setUp(settings: Partial<PolicySettings> = {}) {
  const [store, clock] = [new MemoryStore(), new FakeClock()];
  const { events, told } = recordedEvents(clock);
  const service = () =>
    new LockoutService({ store, clock, events, settings: () => ({ ...DEFAULT_POLICY_SETTINGS, ...settings }) });
  const stored = () => (store.kept.get('failureLedger') as FailureLedgerState | undefined)?.failures ?? [];
  const kinds = () => told.map(({ kind }) => kind).filter((kind) => kind !== 'authorizationFailed');
  return { store, clock, told, kinds, stored, service, lockout: service() };
}

async function fails(lockout: LockoutService, times: number, caller = ALICE): Promise<void> {
  for (let count = 0; count < times; count++) await lockout.countFailure(caller, COMMAND);
}

describe('the lockout service: counting', () => {
  it('stores a failure durably, and locks out its user at the fourth', async () => {
    const { lockout, stored } = setUp();
    await fails(lockout, 3);
    assert.equal(stored().length, 3);
    assert.deepEqual(lockout.verdictFor(ALICE.userKey), { open: true });
    await fails(lockout, 1);
    const verdict = lockout.verdictFor(ALICE.userKey);
    assert.ok(!verdict.open && verdict.scope === 'user' && verdict.failures === 4);
    assert.equal(lockout.verdictFor(BOB.userKey).open, true);
  });

  it('raises an event for every failure: who, and which command', async () => {
    const { lockout, told } = setUp();
    await fails(lockout, 1);
    const [event] = told;
    assert.equal(event?.kind, 'authorizationFailed');
    assert.equal(event.userKey, ALICE.userKey);
    assert.deepEqual(event.details, { command: COMMAND });
  });

  it('never counts an administrator’s failures, but raises events for them', () => {
    const { lockout, told, stored } = setUp();
    assert.equal(lockout.countFailure(ROOT, COMMAND), undefined);
    assert.equal(told[0]?.userKey, ROOT.userKey);
    assert.deepEqual(stored(), []);
    assert.equal(lockout.summary().totalFailures, 0);
  });

  it('stores nothing if the window is 0', () => {
    const { lockout, stored } = setUp({ standardUserAuthorizationFailureDurationMinutes: 0 });
    assert.equal(lockout.countFailure(ALICE, COMMAND), undefined);
    assert.deepEqual(stored(), []);
  });

  it('uses the thresholds of the policy', () => {
    const { lockout } = setUp({
      standardUserAuthorizationFailureDurationMinutes: 7,
      standardUserAuthorizationFailureIndividualThreshold: 2,
      standardUserAuthorizationFailureTotalThreshold: 5,
    });
    assert.deepEqual(lockout.thresholds(), { windowMinutes: 7, individualThreshold: 2, totalThreshold: 5 });
    assert.deepEqual(lockout.summary().thresholds, lockout.thresholds());
  });

  it('writes one state after the other, so that an older one never replaces a newer one', async () => {
    const { lockout, store, stored } = setUp();
    const { put } = store;
    const writes: (() => void)[] = [];
    store.put = async (...record) => {
      await new Promise<void>((resolve) => writes.push(resolve));
      await put.apply(store, record);
    };
    const both = [lockout.countFailure(ALICE, COMMAND), lockout.countFailure(ALICE, COMMAND)];
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(writes.length, 1);
    writes[0]?.();
    await both[0];
    await new Promise((resolve) => setImmediate(resolve));
    writes[1]?.();
    await both[1];
    assert.equal(stored().length, 2);
  });
});

describe('the lockout service: the start and the end of a lockout', () => {
  it('raises one event when it starts, with its reason and its end', async () => {
    const { lockout, told, kinds, clock } = setUp();
    await fails(lockout, 5);
    assert.deepEqual(kinds(), ['lockoutBegan']);
    const began = told.find(({ kind }) => kind === 'lockoutBegan');
    const until = new Date(Math.ceil((clock.wallClockMs() + WINDOW_MS + 1) / 1000) * 1000).toISOString();
    assert.deepEqual(began?.details, { scope: 'user', failures: 4, threshold: 4, until });
    assert.equal(began.userKey, ALICE.userKey);
    assert.match(began.message, /^Authorized commands of this user are refused until 2026-/);
  });

  it('reports that it concerns all users', async () => {
    const { lockout, told } = setUp({ standardUserAuthorizationFailureTotalThreshold: 2 });
    await fails(lockout, 1, BOB);
    await fails(lockout, 1);
    const began = told.find(({ kind }) => kind === 'lockoutBegan');
    assert.equal(began?.details['scope'], 'total');
    assert.match(began.message, /of all standard users are refused until/);
  });

  it('names a threshold of 0, which has no end', async () => {
    const { lockout, told } = setUp({ standardUserAuthorizationFailureIndividualThreshold: 0 });
    await fails(lockout, 1);
    const began = told.find(({ kind }) => kind === 'lockoutBegan');
    assert.equal(began?.details['until'], null);
    assert.match(began.message, /while a threshold is 0/);
  });

  it('raises one event when it ends, and starts again with new failures', async () => {
    const { lockout, kinds, clock, told } = setUp();
    await fails(lockout, 4);
    assert.equal(lockout.verdictFor(ALICE.userKey).open, false);
    assert.deepEqual(kinds(), ['lockoutBegan']);
    clock.advance(WINDOW_MS + 1);
    lockout.verdictFor(BOB.userKey);
    assert.deepEqual(kinds(), ['lockoutBegan'], 'Bob was never locked out');
    assert.equal(lockout.verdictFor(ALICE.userKey).open, true);
    lockout.verdictFor(ALICE.userKey);
    assert.deepEqual(kinds(), ['lockoutBegan', 'lockoutEnded']);
    assert.deepEqual(told.at(-1)?.details, { user: ALICE.userKey });
    await fails(lockout, 4);
    assert.deepEqual(kinds(), ['lockoutBegan', 'lockoutEnded', 'lockoutBegan']);
  });
});

describe('the lockout service: reset', () => {
  it('clears the failures of one user, and reports that the lockout has ended', async () => {
    const { lockout, kinds, stored } = setUp();
    await fails(lockout, 4);
    await fails(lockout, 2, BOB);
    assert.equal(await lockout.reset(ALICE.userKey), 4);
    assert.deepEqual(
      stored().map(({ userKey }) => userKey),
      [BOB.userKey, BOB.userKey],
    );
    assert.deepEqual(kinds(), ['lockoutBegan', 'lockoutEnded']);
    assert.equal(lockout.verdictFor(ALICE.userKey).open, true);
  });

  it('clears the failures of all', async () => {
    const { lockout, stored } = setUp();
    await fails(lockout, 4);
    await fails(lockout, 2, BOB);
    assert.equal(await lockout.reset(undefined), 6);
    assert.deepEqual(stored(), []);
    assert.equal(lockout.summary().totalFailures, 0);
  });

  it('does not report the end of a lockout that continues', async () => {
    const { lockout, kinds } = setUp();
    await fails(lockout, 4);
    assert.equal(await lockout.reset(BOB.userKey), 0);
    assert.deepEqual(kinds(), ['lockoutBegan']);
    assert.equal(lockout.verdictFor(ALICE.userKey).open, false);
  });
});

describe('the lockout service: after a restart', () => {
  it('knows the stored failures', async () => {
    const { lockout, service } = setUp();
    await fails(lockout, 4);
    const restarted = service();
    await restarted.restore();
    assert.equal(restarted.verdictFor(ALICE.userKey).open, false);
  });

  it('starts empty if nothing was stored', async () => {
    const { lockout, store } = setUp();
    await lockout.restore();
    assert.equal(lockout.summary().totalFailures, 0);
    assert.equal(store.kept.size, 0);
  });

  it('stores the settled ages of failures of an earlier boot, so that they are settled only once', async () => {
    const { lockout, service, stored, clock, store } = setUp();
    await fails(lockout, 1);
    let writes = 0;
    const { put } = store;
    store.put = (...record) => {
      writes++;
      return put.apply(store, record);
    };
    await service().restore();
    assert.equal(writes, 0, 'the same boot: nothing to settle');
    clock.boot = 'boot-2';
    await service().restore();
    assert.equal(writes, 1);
    assert.deepEqual(
      stored().map(({ bootId }) => bootId),
      ['boot-2'],
    );
  });
});
