import assert from 'node:assert/strict';
import type { LockoutSummary } from '../../../../ts-core/domain/lockout/lockout-summary.js';
import { lockoutHandlers } from '../../../../ts-core/endpoints/rpc/handlers/lockout-handlers.js';
import { ALICE, ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const LOCKED_OUT = {
  open: false,
  scope: 'user',
  lockedOutUntil: NOON + 1,
  failures: 4,
  threshold: 4,
} as const;
const SUMMARY: LockoutSummary = {
  thresholds: { windowMinutes: 480, individualThreshold: 4, totalThreshold: 9 },
  countingOff: false,
  totalFailures: 5,
  verdictForOthers: { open: true },
  users: [
    { userKey: 'uid:1000', failures: 4, agesOutAt: [NOON, NOON + 1000], verdict: LOCKED_OUT },
    { userKey: 'uid:1001', failures: 1, agesOutAt: [NOON], verdict: { open: true } },
  ],
};

function setUp(summary: LockoutSummary = SUMMARY) {
  const reset: unknown[] = [];
  const handlers = lockoutHandlers(
    applicationWith({
      lockout: {
        get: () => summary,
        reset: async (caller, user) => {
          reset.push([caller.userKey, user]);
          return summary;
        },
      },
      userNames: { namesOf: async () => new Map([['uid:1000', 'alice']]) },
    }),
  );
  return { handlers, reset, notes: async () => (await handlers.lockoutGet(sessionOf(ROOT), undefined)).notes };
}

describe('the handlers of the lockout', () => {
  it('show each user with the account name, and when the lockout ends, in whole seconds of UTC', async () => {
    const { users } = await setUp().handlers.lockoutGet(sessionOf(ALICE), undefined);
    assert.deepEqual(users, [
      {
        userKey: 'uid:1000',
        userName: 'alice',
        failures: 4,
        lockedOut: true,
        freesAt: '2026-01-01T12:00:01.000Z',
        failuresAgeOutAt: ['2026-01-01T12:00:00.000Z', '2026-01-01T12:00:01.000Z'],
      },
      {
        userKey: 'uid:1001',
        userName: null,
        failures: 1,
        lockedOut: false,
        freesAt: null,
        failuresAgeOutAt: ['2026-01-01T12:00:00.000Z'],
      },
    ]);
  });

  it('show that all standard users are locked out, and until when', async () => {
    const all = { ...LOCKED_OUT, scope: 'total' } as const;
    const shown = await setUp({ ...SUMMARY, verdictForOthers: all }).handlers.lockoutGet(sessionOf(ROOT), undefined);
    assert.deepEqual([shown.totalLockedOut, shown.totalFreesAt], [true, '2026-01-01T12:00:01.000Z']);
    const open = await setUp().handlers.lockoutGet(sessionOf(ROOT), undefined);
    assert.deepEqual([open.totalLockedOut, open.totalFreesAt, open.totalFailures], [false, null, 5]);
  });

  it('note a window of 0 and either threshold of 0, and nothing else', async () => {
    const { thresholds } = SUMMARY;
    assert.deepEqual(await setUp().notes(), []);
    const off = await setUp({ ...SUMMARY, countingOff: true }).notes();
    assert.deepEqual(off, ['The window is 0 minutes: failures are not counted.']);
    for (const zero of [{ individualThreshold: 0 }, { totalThreshold: 0 }]) {
      const [note] = await setUp({ ...SUMMARY, thresholds: { ...thresholds, ...zero } }).notes();
      assert.match(note ?? '', /^A threshold is 0: standard users may send no command/);
    }
  });

  it('reset one user, or all if none is given, on behalf of the caller', async () => {
    const { handlers, reset } = setUp();
    await handlers.lockoutReset(sessionOf(ROOT), { user: 'alice' });
    await handlers.lockoutReset(sessionOf(ROOT), undefined);
    assert.deepEqual(reset, [
      ['uid:0', 'alice'],
      ['uid:0', undefined],
    ]);
  });
});
