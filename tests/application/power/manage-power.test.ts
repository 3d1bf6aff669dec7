import assert from 'node:assert/strict';
import { ManagePower } from '../../../ts-core/application/power/manage-power.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { ROOT } from '../../support/callers.js';
import { CANCELED, CREATE_PRIMARY, dispatcherRig, SUCCESS } from '../../support/dispatcher-rig.js';
import { symbolOf } from '../../support/pending-command.js';
import { recordedEvents } from '../../support/recorded-events.js';

const SUSPEND_TIMEOUT_MS = 5_000;
const FAILURE = errorResponse('2.0', TPM_RC.FAILURE);

/** A power manager with a TPM that the broker owns, or with one that the kernel drives. */
function powerRig(ownsTpm = true) {
  const rig = dispatcherRig();
  const { dispatcher, transport, virtualizer, clock } = rig;
  Object.assign(transport, { ownsTpm });
  const { events, told } = recordedEvents(clock);
  const cameBack = { times: 0 };
  const power = new ManagePower({
    ...{ version: '2.0', transport, dispatcher, virtualizer, events, clock },
    suspendTimeoutMs: SUSPEND_TIMEOUT_MS,
    cameBack: () => cameBack.times++,
  });
  const sent = () => transport.sent.map(({ command }) => readUint32(command, 6));
  /** Answers every command immediately from now on: with success, or as the test specifies. */
  const answers = (answer: (code: number) => Uint8Array = () => SUCCESS) => {
    transport.onTransmit = ({ command, answer: give }) => give(answer(readUint32(command, 6)));
  };
  return { ...rig, power, cameBack, told, sent, answers };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a suspend', () => {
  it('waits for a short command, saves the state of a TPM that the broker owns, and then sends nothing', async () => {
    const { power, submit, transport, answers, sent, told } = powerRig();
    const running = submit(1);
    const atTpm = await transport.transmission(0);
    let suspended = false;
    const suspend = power.suspend(ROOT).then(() => (suspended = true));
    await turn();
    assert.deepEqual([suspended, power.suspended], [false, true]);
    answers();
    atTpm.answer(SUCCESS);
    await suspend;
    assert.equal(await symbolOf(running.outcome), 'response');
    const waiting = submit(1);
    await turn();
    assert.deepEqual([sent(), waiting.answers], [[TPM_CC.GetRandom, TPM_CC.Shutdown], []]);
    assert.deepEqual(
      told.map(({ kind, userKey }) => [kind, userKey]),
      [['administration', ROOT.userKey]],
    );
  });

  it('leaves the state of a TPM that the kernel drives to the kernel', async () => {
    const { power, answers, sent } = powerRig(false);
    answers();
    await power.suspend(undefined);
    assert.deepEqual(sent(), []);
  });

  it('cancels a long command', async () => {
    const { power, submit, transport, answers } = powerRig();
    const long = submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    const suspend = power.suspend(undefined);
    await turn();
    assert.equal(transport.cancels, 1);
    answers();
    atTpm.answer(CANCELED);
    await suspend;
    assert.equal(await symbolOf(long.outcome), 'TBS_E_COMMAND_CANCELED');
  });

  it('ends at its time limit, whatever the TPM does, with a warning, and answers the command that it cancelled', async () => {
    const { power, submit, transport, clock, told, sent } = powerRig();
    const long = submit(1, 200, CREATE_PRIMARY);
    await transport.transmission(0);
    const suspend = power.suspend(undefined);
    await turn();
    clock.advance(SUSPEND_TIMEOUT_MS);
    await suspend;
    assert.equal(await symbolOf(long.outcome), 'TBS_E_COMMAND_CANCELED');
    assert.deepEqual(
      told.map(({ kind, details }) => [kind, details]),
      [
        ['warning', { result: 'TBS_E_IOERROR' }],
        ['administration', {}],
      ],
    );
    assert.deepEqual(sent(), [CREATE_PRIMARY]);
  });

  it('leaves no timer behind when it is done in time', async () => {
    const { power, answers, clock } = powerRig();
    answers();
    const before = clock.pendingTimers();
    await power.suspend(undefined);
    await turn();
    assert.equal(clock.pendingTimers(), before);
  });

  it('happens once, however often it is requested', async () => {
    const { power, answers, sent } = powerRig();
    answers();
    await Promise.all([power.suspend(undefined), power.suspend(ROOT)]);
    assert.deepEqual(sent(), [TPM_CC.Shutdown]);
  });
});

describe('a resume', () => {
  const startupTypeOf = (command: Uint8Array) => (command[10] as number) * 256 + (command[11] as number);
  const [CLEAR, STATE] = [0, 1];

  it('starts the TPM with the state that was saved, sends what waits, and says that the TPM came back', async () => {
    const { power, submit, transport, cameBack, answers, sent } = powerRig();
    answers();
    await power.suspend(undefined);
    const waiting = submit(1);
    assert.equal(cameBack.times, 0);
    await power.resume(ROOT);
    assert.equal(cameBack.times, 1);
    assert.equal(await symbolOf(waiting.outcome), 'response');
    assert.deepEqual(sent(), [TPM_CC.Shutdown, TPM_CC.Startup, TPM_CC.GetRandom]);
    assert.equal(startupTypeOf(transport.sent[1]?.command as Uint8Array), STATE);
    assert.equal(power.suspended, false);
  });

  it('asks for no state that was not saved, and tells the tables that everything is lost', async () => {
    const { power, transport, virtualizer, answers } = powerRig();
    answers((code) => (code === TPM_CC.Shutdown ? FAILURE : SUCCESS));
    await power.suspend(undefined);
    await power.resume(undefined);
    assert.equal(startupTypeOf(transport.sent.at(-1)?.command as Uint8Array), CLEAR);
    assert.equal(virtualizer.resets, 1);
  });

  it('tries again while the TPM does not answer, and goes on without it in the end', async () => {
    const { power, submit, transport, cameBack, answers, clock } = powerRig();
    answers();
    await power.suspend(undefined);
    let tries = 0;
    transport.onTransmit = ({ fail }) => {
      tries++;
      fail(new TbsError('TBS_E_IOERROR'));
    };
    const resumed = power.resume(undefined).then(
      () => 'resumed',
      (error: unknown) => (error instanceof TbsError ? error.symbol : 'other'),
    );
    while (tries < 20) {
      await turn();
      clock.advance(250);
    }
    assert.equal(await resumed, 'TBS_E_IOERROR');
    assert.equal(cameBack.times, 0);
    assert.equal(power.suspended, false);
    answers();
    assert.equal(await symbolOf(submit(1).outcome), 'response');
  });

  it('does nothing to a broker that is awake', async () => {
    const { power, cameBack, answers, sent, told } = powerRig();
    answers();
    await power.resume(undefined);
    assert.deepEqual([sent(), told, cameBack.times], [[], [], 0]);
  });
});
