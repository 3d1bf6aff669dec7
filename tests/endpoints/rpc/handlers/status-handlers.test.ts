import assert from 'node:assert/strict';
import { RecentAnswers } from '../../../../ts-core/application/status/recent-answers.js';
import type { StatusReport } from '../../../../ts-core/application/status/report-status.js';
import { TPM_CC } from '../../../../ts-core/domain/tpm20/codes.js';
import { statusHandlers } from '../../../../ts-core/endpoints/rpc/handlers/status-handlers.js';
import { ALICE, ROOT } from '../../../support/callers.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { applicationWith, resultIn, sessionOf } from '../../../support/rpc-session.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const REPORT = {
  startedAtMs: NOON,
  state: 'running',
  health: {
    state: 'degraded',
    sinceMs: NOON + 1000,
    warnings: [{ id: 'a', message: 'b', action: 'c', sinceMs: NOON }],
  },
  contexts: 1,
  queue: {},
  costs: [{ code: TPM_CC.GetRandom, keyType: 0, count: 3, meanMs: 2 }],
  tpmLockout: undefined,
} as unknown as StatusReport;

function setUp({ version = '2.0', report = REPORT }: { version?: '1.2' | '2.0'; report?: StatusReport } = {}) {
  const stops: number[] = [];
  const handlers = statusHandlers(
    applicationWith({
      status: {
        get: async () => report,
        device: { version, manufacturer: 'IBM' },
        cancellation: 'none',
        transportDescription: '/dev/tpm0',
      } as never,
      recentAnswers: new RecentAnswers(new FakeClock(), 1000),
      requestStop: (drainTimeoutMs: number) => void stops.push(drainTimeoutMs),
    }),
    { version: '1.0', processId: 42, mode: 'system', limits: { connections: 5 } as never, endpoints: () => [] },
  );
  return { handlers, stops };
}

describe('the handlers of the status', () => {
  it('show times in UTC, the names of commands, and who asks', async () => {
    const answer = await setUp().handlers.statusGet(sessionOf({ ...ALICE, isObserver: true }), undefined);
    const shown = resultIn(answer);
    assert.deepEqual([shown.startedAt, shown.healthSince], ['2026-01-01T12:00:00.000Z', '2026-01-01T12:00:01.000Z']);
    assert.deepEqual(shown.warnings, [{ id: 'a', message: 'b', action: 'c', since: '2026-01-01T12:00:00.000Z' }]);
    assert.deepEqual([shown.costs[0]?.name, shown.costs[0]?.count], ['TPM2_GetRandom (0x17B)', 3]);
    assert.deepEqual(shown.caller, { userKey: 'uid:1000', callerClass: 'standardUser', isObserver: true });
    assert.deepEqual([shown.standIn, shown.tpmLockout, shown.processId], [null, null, 42]);
  });

  it('show the TPM’s own lockout if the TPM reports it', async () => {
    const tpmLockout = { inLockout: true, failedTries: 3, maxTries: 3, recoverySeconds: 1, lockoutRecoverySeconds: 2 };
    const report = { ...REPORT, tpmLockout } as StatusReport;
    const shown = resultIn(await setUp({ report }).handlers.statusGet(sessionOf(ROOT), undefined));
    assert.deepEqual(shown.tpmLockout, {
      lockedOut: true,
      failedTries: 3,
      maxTries: 3,
      recoverySeconds: 1,
      lockoutRecoverySeconds: 2,
    });
  });

  it('number the version of the TPM as Tbs.h does', async () => {
    const numberOf = async (version: '1.2' | '2.0') =>
      (await setUp({ version }).handlers.deviceGet(sessionOf(ALICE), undefined)).tpmVersionNumber;
    assert.deepEqual([await numberOf('1.2'), await numberOf('2.0')], [1, 2]);
  });

  it('stop the broker after ten seconds of draining, unless another time is given', async () => {
    const { handlers, stops } = setUp();
    assert.deepEqual(await handlers.serviceStop(sessionOf(ROOT), undefined), { processId: 42 });
    await handlers.serviceStop(sessionOf(ROOT), { drainTimeoutMs: 5 });
    assert.deepEqual(stops, [10_000, 5]);
  });
});
