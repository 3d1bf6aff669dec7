import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { SUCCESS, dispatcherRig as setUp } from '../../support/dispatcher-rig.js';
import { symbolOf } from '../../support/pending-command.js';

describe('the dispatcher, around pauses,', () => {
  it('sends only housekeeping while it is paused, and continues afterwards', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    await dispatcher.pause();
    const waiting = submit(1);
    await dispatcher.runExchange(() => virtualizer.closeContext(7));
    assert.deepEqual(virtualizer.closed, [7]);
    assert.equal(transport.sent.length, 0);
    dispatcher.resume();
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(waiting.outcome), 'response');
  });

  it('finishes earlier submissions before it stops, and refuses later ones', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    const running = submit(1);
    const atTheTpm = await transport.transmission(0);
    const asked = dispatcher.runExchange(() => virtualizer.closeContext(7));
    const stopped = dispatcher.stop();
    atTheTpm.answer(SUCCESS);
    await Promise.all([asked, stopped]);
    assert.equal(await symbolOf(running.outcome), 'response');
    await assert.rejects(
      dispatcher.runExchange(() => virtualizer.closeContext(8)),
      { symbol: 'TBS_E_SERVICE_NOT_RUNNING', message: 'The broker has stopped.' },
    );
    assert.deepEqual(virtualizer.closed, [7]);
  });

  it('sends nothing at all while it is halted, and restarts the TPM before anything else', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    await dispatcher.pause();
    dispatcher.halt();
    const waiting = submit(1);
    const closed = dispatcher.runExchange(() => virtualizer.closeContext(7));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(virtualizer.closed, []);
    assert.equal(transport.sent.length, 0);
    let sentBeforeRestart = -1;
    await dispatcher.resumeAfter(async () => {
      sentBeforeRestart = transport.sent.length;
      // The transport notices the power cycle while the TPM is being resumed, which is not a second reset.
      transport.onReset?.();
      return 'kept';
    });
    assert.equal(sentBeforeRestart, 0);
    await closed;
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(waiting.outcome), 'response');
    assert.equal(virtualizer.resets, 0);
  });

  it('continues if the TPM does not come back from a suspend, and informs the tables if it came back empty', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    await dispatcher.pause();
    dispatcher.halt();
    await assert.rejects(dispatcher.resumeAfter(() => Promise.reject(new TbsError('TBS_E_IOERROR'))));
    dispatcher.halt();
    await dispatcher.resumeAfter(async () => 'lost');
    assert.equal(virtualizer.resets, 1);
    const next = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
  });

  it('reports whether it is paused, and which command is running', async () => {
    const { dispatcher, transport, submit } = setUp();
    assert.deepEqual([dispatcher.isPaused, dispatcher.inFlight, dispatcher.runningCommand], [false, false, undefined]);
    const running = submit(1);
    const atTpm = await transport.transmission(0);
    assert.deepEqual([dispatcher.inFlight, dispatcher.runningCommand], [true, running.pending]);
    const paused = dispatcher.pause();
    assert.equal(dispatcher.isPaused, true);
    atTpm.answer(SUCCESS);
    await paused;
    assert.deepEqual([dispatcher.inFlight, dispatcher.runningCommand], [false, undefined]);
    dispatcher.resume();
    assert.equal(dispatcher.isPaused, false);
  });

  it('has a pause that resolves when the running command is answered, and sends no other command', async () => {
    const { dispatcher, transport, submit } = setUp();
    const [running, waiting] = [submit(1), submit(1)];
    const atTpm = await transport.transmission(0);
    let paused = false;
    const pause = dispatcher.pause().then(() => {
      paused = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(paused, false);
    atTpm.answer(SUCCESS);
    await pause;
    assert.deepEqual([running.answers.length, waiting.answers.length, transport.sent.length], [1, 0, 1]);
  });

  it('stays halted when it is paused again', async () => {
    const { dispatcher, virtualizer } = setUp();
    dispatcher.halt();
    await dispatcher.pause();
    void dispatcher.runExchange(() => virtualizer.closeContext(7));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(virtualizer.closed, []);
  });

  it('is drained when nothing is queued', async () => {
    const { dispatcher, transport, submit } = setUp();
    await dispatcher.whenDrained();
    submit(1);
    submit(1);
    let drained = false;
    const whenDrained = dispatcher.whenDrained().then(() => {
      drained = true;
    });
    (await transport.transmission(0)).answer(SUCCESS);
    const second = await transport.transmission(1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(drained, false);
    second.answer(SUCCESS);
    await whenDrained;
  });

  it('refuses commands that had not started when it stops', async () => {
    const { dispatcher, virtualizer } = setUp();
    dispatcher.halt();
    const never = dispatcher.runExchange(() => virtualizer.closeContext(7));
    await Promise.all([dispatcher.stop(), assert.rejects(never, { symbol: 'TBS_E_SERVICE_NOT_RUNNING' })]);
    assert.deepEqual(virtualizer.closed, []);
  });

  it('answers callers’ questions about the TPM while commands are paused, one after the other', async () => {
    const { dispatcher, submit } = setUp();
    await dispatcher.pause();
    submit(1);
    let answers = 0;
    const ask = () =>
      dispatcher.runExchange(
        // biome-ignore lint/correctness/useYield: an exchange that sends nothing
        function* () {
          answers++;
        },
        { yieldsToCommands: true },
      );
    await Promise.all([ask(), ask(), ask()]);
    assert.equal(answers, 3);
  });

  it('continues immediately when it is resumed after a while', async () => {
    const { dispatcher, transport, submit } = setUp();
    await dispatcher.pause();
    const waiting = submit(1);
    await new Promise((resolve) => setImmediate(resolve));
    dispatcher.resume();
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(waiting.outcome), 'response');
  });

  it('is not drained while the last command is running', async () => {
    const { dispatcher, transport, submit } = setUp();
    submit(1);
    const atTpm = await transport.transmission(0);
    let drained = false;
    const whenDrained = dispatcher.whenDrained().then(() => {
      drained = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(drained, false);
    atTpm.answer(SUCCESS);
    await whenDrained;
  });
});
