import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE } from '../../support/callers.js';
import { CANCELED, CREATE_PRIMARY, SUCCESS, dispatcherRig as setUp } from '../../support/dispatcher-rig.js';
import { symbolOf } from '../../support/pending-command.js';
import { getRandom } from '../../support/tpm20-commands.js';

describe('the dispatcher, when commands are cancelled,', () => {
  it('cancels a queued command immediately', async () => {
    const { dispatcher, transport, submit } = setUp();
    submit(1);
    const waiting = submit(2);
    dispatcher.cancelContext(ALICE.userKey, 2);
    assert.equal(await symbolOf(waiting.outcome), 'TBS_E_COMMAND_CANCELED');
    assert.equal(transport.cancels, 0);
  });

  it('asks the TPM to cancel the running command, and reports the TPM’s result', async () => {
    const { dispatcher, transport, submit } = setUp();
    const cancelled = submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    assert.equal(transport.cancels, 1);
    atTpm.answer(CANCELED);
    assert.equal(await symbolOf(cancelled.outcome), 'TBS_E_COMMAND_CANCELED');
    const finished = submit(1, 200, CREATE_PRIMARY);
    const second = await transport.transmission(1);
    dispatcher.cancelContext(ALICE.userKey, 1);
    second.answer(SUCCESS);
    assert.equal(await symbolOf(finished.outcome), 'response', 'the TPM was done first');
  });

  it('answers immediately if the transport cannot cancel, and flushes what the command created', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp('none');
    const cancelled = submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    assert.equal(await symbolOf(cancelled.outcome), 'TBS_E_COMMAND_CANCELED');
    const next = submit(2);
    assert.equal(transport.sent.length, 1, 'the TPM is still busy');
    atTpm.answer(SUCCESS);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
    assert.deepEqual(virtualizer.discarded, [1]);
    assert.equal(cancelled.answers.length, 1);
  });

  it('asks the TPM once, however often its caller cancels', async () => {
    const { dispatcher, transport, submit } = setUp();
    submit(1, 200, CREATE_PRIMARY);
    await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    dispatcher.cancelContext(ALICE.userKey, 1);
    assert.equal(transport.cancels, 1);
  });

  it('does not cancel the running command of another context', async () => {
    const { dispatcher, transport, submit } = setUp();
    submit(1, 200, CREATE_PRIMARY);
    await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 2);
    assert.equal(transport.cancels, 0);
  });

  it('answers immediately if the TPM cannot be asked', async () => {
    const { dispatcher, transport, submit, log } = setUp();
    const error = new TbsError('TBS_E_IOERROR');
    transport.cancel = () => Promise.reject(error);
    const cancelled = submit(1, 200, CREATE_PRIMARY);
    await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    assert.equal(await symbolOf(cancelled.outcome), 'TBS_E_COMMAND_CANCELED');
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(log.lines[0].fields, { error });
  });

  it('does not take the TPM’s own TPM_RC_CANCELED for the caller’s request', async () => {
    const { transport, submit } = setUp();
    const submitted = submit(1, 200, CREATE_PRIMARY);
    (await transport.transmission(0)).answer(CANCELED);
    assert.equal(await symbolOf(submitted.outcome), 'response');
  });

  it('counts the effects of a cancelled command, but does not answer it again', async () => {
    const { dispatcher, transport, virtualizer, submit, accounted } = setUp('none');
    const cancelled = submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    atTpm.answer(errorResponse('2.0', TPM_RC.AUTH_FAIL));
    await dispatcher.whenIdle();
    assert.deepEqual(accounted, [1], 'a wrong guess counts although nobody waits for its answer');
    assert.deepEqual(virtualizer.discarded, [], 'a refused command made nothing');
    assert.equal(cancelled.answers.length, 1);
    assert.deepEqual(dispatcher.totals, { completed: 0, refused: 0, cancelled: 1 });
  });

  it('flushes what a cancelled command created at locality 0, with the time limit of a medium command', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp('none');
    virtualizer.discard = function* (): Exchange<void> {
      yield getRandom(1);
    };
    submit(1, 200, CREATE_PRIMARY, { locality: 2 });
    const atTpm = await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    atTpm.answer(SUCCESS);
    const { options, answer } = await transport.transmission(1);
    assert.deepEqual([options.locality, options.timeoutMs], [0, 60_000]);
    answer(SUCCESS);
    await dispatcher.whenIdle();
  });

  it('logs a failed flush and continues', async () => {
    const { dispatcher, transport, virtualizer, submit, log } = setUp('none');
    const error = new TbsError('TBS_E_IOERROR');
    virtualizer.discard = () => {
      throw error;
    };
    submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    dispatcher.cancelContext(ALICE.userKey, 1);
    atTpm.answer(SUCCESS);
    await dispatcher.whenIdle();
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(log.lines[0].fields, { error });
    const next = submit(2);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
  });

  it('removes one queued command, and none that is no longer queued', async () => {
    const { dispatcher, transport, submit } = setUp();
    const running = submit(1);
    const [waiting, other] = [submit(1), submit(1)];
    await transport.transmission(0);
    dispatcher.cancelWaiting(waiting.pending);
    dispatcher.cancelWaiting(waiting.pending);
    dispatcher.cancelWaiting(running.pending);
    dispatcher.cancelWaiting({ ...other.pending, place: undefined });
    assert.deepEqual(
      [running, waiting, other].map(({ answers }) => answers.length),
      [0, 1, 0],
    );
    assert.equal(await symbolOf(waiting.outcome), 'TBS_E_COMMAND_CANCELED');
    assert.equal(transport.cancels, 0);
  });

  it('removes the cost of a cancelled command from the queue', async () => {
    const { dispatcher, transport, submit, clock } = setUp();
    const first = submit(1);
    const begun = await transport.transmission(0);
    clock.advance(100);
    begun.answer(SUCCESS);
    await first.outcome;
    await dispatcher.pause();
    const [one] = [submit(1), submit(1)];
    assert.equal(dispatcher.estimatedWaitMs(), 200);
    dispatcher.cancelWaiting(one.pending);
    assert.equal(dispatcher.estimatedWaitMs(), 100);
  });
});

describe('the dispatcher, when a suspend cannot wait,', () => {
  it('cancels a running command that may take long, but no short one', async () => {
    for (const [code, cancels] of [
      [CREATE_PRIMARY, 1],
      [TPM_CC.GetRandom, 0],
    ] as const) {
      const { dispatcher, transport, submit } = setUp();
      dispatcher.cancelRunningIfLong();
      submit(1, 200, code);
      await transport.transmission(0);
      dispatcher.cancelRunningIfLong();
      assert.equal(transport.cancels, cancels);
    }
  });

  it('stops waiting for a cancelled command that the TPM does not abandon, and answers no other', async () => {
    const { dispatcher, transport, submit } = setUp();
    dispatcher.abandonCancelled();
    const running = submit(1, 200, CREATE_PRIMARY);
    const atTpm = await transport.transmission(0);
    dispatcher.abandonCancelled();
    assert.equal(running.answers.length, 0, 'nobody has cancelled it');
    dispatcher.cancelRunningIfLong();
    dispatcher.abandonCancelled();
    assert.equal(await symbolOf(running.outcome), 'TBS_E_COMMAND_CANCELED');
    atTpm.answer(SUCCESS);
    await dispatcher.whenIdle();
    assert.equal(running.answers.length, 1);
  });
});
