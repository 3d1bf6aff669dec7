import assert from 'node:assert/strict';
import type { PassedOverTpm } from '../../../ts-core/application/ports/tpm-transport.js';
import { ReportStatus, type StatusParts } from '../../../ts-core/application/status/report-status.js';
import type { LostTpm } from '../../../ts-core/application/status/tpm-presence.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import type { DictionaryAttackState } from '../../../ts-core/domain/tpm/device-facts.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { FakeClock } from '../../support/fake-clock.js';
import { quietLog } from '../../support/quiet-log.js';

const STATE: DictionaryAttackState = {
  ...{ inLockout: false, failedTries: 0, maxTries: 32 },
  ...{ recoverySeconds: 600, lockoutRecoverySeconds: 86_400 },
};
const LOCKED_OUT = { ...STATE, inLockout: true, failedTries: 32 };

interface Options {
  readonly version?: TpmVersion;
  readonly isSoftwareTpm?: boolean;
  readonly passedOver?: readonly PassedOverTpm[];
}

/** Resolves after all pending promise callbacks have run. */
const settled = () => new Promise(setImmediate);

function setUp({ version = '2.0', isSoftwareTpm = false, passedOver = [] }: Options = {}) {
  const clock = new FakeClock();
  const log = quietLog();
  /** Exchanges that the TPM has not answered yet. */
  const asked: { answer(state: DictionaryAttackState | undefined): void; fail(error: Error): void }[] = [];
  const power = { suspended: false };
  const presence: { lost: LostTpm | undefined } = { lost: undefined };
  const exposure: string[] = [];
  let looks = 0;
  const parts = {
    facts: { version },
    ...{ passedOver, replacedTpm: undefined, presence, power, clock, log },
    transport: {
      description: 'device /dev/tpm0',
      isSoftwareTpm,
      cancellation: 'sysfs',
      exposure: async () => exposure,
    },
    otherManager: {
      look: async () => {
        looks++;
        return { processId: undefined, activatable: false };
      },
    },
    contexts: { size: 3 },
    queue: { size: 2 },
    dispatcher: {
      inFlight: true,
      totals: { completed: 10, refused: 4, cancelled: 1 },
      estimatedWaitMs: () => 50,
      costs: { table: () => [] },
      runExchange: (_begin: unknown, options: unknown) => {
        assert.deepEqual(options, { yieldsToCommands: true });
        return new Promise((answer, fail) => asked.push({ answer, fail }));
      },
    },
    commands: { refused: 5 },
    policy: { current: () => mergePolicy([], 1) },
    events: { lostAuditLines: 0 },
    eventActions: { disabled: () => [] },
  } as unknown as StatusParts;
  const status = new ReportStatus(parts);
  /** Returns the report after the TPM has reported this state. */
  const reportWith = async (state: DictionaryAttackState | undefined) => {
    const report = status.get();
    await settled();
    asked.at(-1)?.answer(state);
    return report;
  };
  return { status, clock, log, asked, power, presence, exposure, reportWith, looks: () => looks };
}

describe('the status of the broker', () => {
  it('counts contexts and commands, those refused at submission and at dispatch together', async () => {
    const { reportWith, clock } = setUp();
    const startedAtMs = clock.wallClockMs();
    const { queue, contexts, ...report } = await reportWith(STATE);
    assert.deepEqual([contexts, report.startedAtMs, report.state, report.costs], [3, startedAtMs, 'running', []]);
    assert.deepEqual(queue, {
      waiting: 2,
      inFlight: true,
      completed: 10,
      refused: 9,
      cancelled: 1,
      estimatedWaitMs: 50,
    });
    assert.deepEqual([report.tpmLockout, report.health.state], [STATE, 'works']);
  });

  it('has a warning as long as its reason exists', async () => {
    const { reportWith, exposure } = setUp();
    assert.deepEqual(
      (await reportWith(LOCKED_OUT)).health.warnings.map(({ id }) => id),
      ['tpmLockedOut'],
    );
    assert.equal((await reportWith(STATE)).health.state, 'works');
    exposure.push('/dev/tpmrm0 is open to everybody');
    assert.equal((await reportWith(STATE)).health.state, 'degraded');
  });

  it('is down while the TPM is lost, which is not asked then', async () => {
    const { status, presence, asked, clock } = setUp();
    presence.lost = { message: 'gone', action: 'plug it in', sinceMs: clock.wallClockMs() } as LostTpm;
    assert.equal((await status.get()).health.state, 'down');
    assert.equal(asked.length, 0);
  });

  it('does not ask a suspended TPM, and shows its last answer', async () => {
    const { status, power, asked, reportWith } = setUp();
    await reportWith(LOCKED_OUT);
    power.suspended = true;
    const { state, tpmLockout } = await status.get();
    assert.deepEqual([state, tpmLockout, asked.length], ['suspended', LOCKED_OUT, 1]);
  });

  it('does not ask a TPM 1.2', async () => {
    const { status, asked } = setUp({ version: '1.2' });
    assert.deepEqual([(await status.get()).tpmLockout, asked.length], [undefined, 0]);
  });

  it('waits a tenth of a second for a busy TPM, shows its last answer, and asks it only once', async () => {
    const { status, clock, asked, reportWith } = setUp();
    await reportWith(STATE);
    for (let round = 0; round < 2; round++) {
      const report = status.get();
      let done = false;
      void report.then(() => {
        done = true;
      });
      await settled();
      clock.advance(99);
      await settled();
      assert.equal(done, false);
      clock.advance(1);
      assert.deepEqual((await report).tpmLockout, STATE);
    }
    assert.equal(asked.length, 2);
    asked[1]?.answer(LOCKED_OUT);
    await settled();
    assert.deepEqual((await reportWith(LOCKED_OUT)).tpmLockout, LOCKED_OUT);
    assert.equal(asked.length, 3);
  });

  it('leaves no timer behind when the TPM has answered', async () => {
    const { reportWith, clock } = setUp();
    await reportWith(STATE);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('shows the last answer if the TPM cannot be asked, and logs why', async () => {
    const { status, asked, log, reportWith } = setUp();
    await reportWith(STATE);
    const report = status.get();
    await settled();
    asked[1]?.fail(new Error('unplugged'));
    assert.deepEqual((await report).tpmLockout, STATE);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn'],
    );
    assert.equal((await reportWith(LOCKED_OUT)).tpmLockout, LOCKED_OUT, 'and is asked again');
  });

  it('names what stands in for the machine’s TPM', () => {
    const reason = { transport: 'device /dev/tpm0', reason: 'it is held by process 812' };
    assert.equal(setUp().status.standIn, undefined);
    assert.deepEqual(setUp({ passedOver: [reason] }).status.standIn, { kind: 'otherDevice', passedOver: [reason] });
    assert.deepEqual(setUp({ isSoftwareTpm: true }).status.standIn, { kind: 'softwareTpm', passedOver: [] });
  });

  it('looks for another resource manager only where it could use the same TPM', async () => {
    const [hardware, software] = [setUp(), setUp({ isSoftwareTpm: true })];
    for (const { reportWith } of [hardware, software]) await reportWith(STATE);
    assert.deepEqual([hardware.looks(), software.looks()], [1, 0]);
  });

  it('names the transport and how it cancels', () => {
    const { status } = setUp();
    assert.deepEqual(
      [status.transportDescription, status.cancellation, status.device.version],
      ['device /dev/tpm0', 'sysfs', '2.0'],
    );
  });
});
