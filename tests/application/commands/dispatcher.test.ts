import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE } from '../../support/callers.js';
import { SUCCESS, dispatcherRig as setUp } from '../../support/dispatcher-rig.js';
import { symbolOf } from '../../support/pending-command.js';
import { getRandom } from '../../support/tpm20-commands.js';

describe('the dispatcher', () => {
  it('sends one command at a time', async () => {
    const { transport, submit } = setUp();
    const first = submit(1);
    const second = submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.ok(transport.sent.length <= 2);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(second.outcome), 'response');
  });

  it('selects by priority among requests that arrive together', async () => {
    const { transport, submit } = setUp();
    submit(1, 100, TPM_CC.GetRandom);
    submit(2, 300, TPM_CC.GetCapability);
    const { command } = await transport.transmission(0);
    assert.equal(readUint32(command, 6), TPM_CC.GetCapability);
  });

  it('answers a command after sending the next one', async () => {
    const { transport, submit } = setUp();
    const answersAtTransmission: number[] = [];
    transport.onTransmit = () => answersAtTransmission.push(first.answers.length);
    const first = submit(1);
    const second = submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.deepEqual(answersAtTransmission, [0, 0]);
    assert.deepEqual([first.answers.length, second.answers.length], [1, 0]);
  });

  it('answers in order if the next one is refused or prepared', async () => {
    const { transport, submit, refusals, preparations } = setUp();
    const order: number[] = [];
    refusals.set(2, new TbsError('TPM_20_E_LOCKOUT'));
    preparations.set(3, new Promise(() => {}));
    const outcomes = [1, 2, 3].map((contextId) => submit(contextId).outcome.then(() => order.push(contextId)));
    (await transport.transmission(0)).answer(SUCCESS);
    await Promise.all(outcomes.slice(0, 2));
    assert.deepEqual(order, [1, 2]);
    const waiting = setUp();
    waiting.preparations.set(2, new Promise(() => {}));
    const answered = waiting.submit(1);
    waiting.submit(2);
    (await waiting.transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(answered.outcome), 'response');
  });

  it('accepts requests while the TPM works', async () => {
    const { transport, submit, eventLoop } = setUp();
    submit(1);
    const { options } = await transport.transmission(0);
    assert.equal(eventLoop.requestsTaken, 0);
    assert.equal(options.whileTpmWorks?.(), false);
    assert.equal(eventLoop.requestsTaken, 1);
    submit(2);
    assert.equal(options.whileTpmWorks?.(), true, 'another command waits');
  });

  it('gives everything else a turn after two milliseconds of short commands', async () => {
    const { transport, submit, clock, eventLoop } = setUp();
    transport.onTransmit = ({ answer }) => {
      clock.advance(0.5);
      answer(SUCCESS);
    };
    const outcomes = Array.from({ length: 40 }, (_, index) => submit(index).outcome);
    await Promise.all(outcomes);
    // Five commands take more than two milliseconds.
    assert.equal(eventLoop.turns, 7);
  });

  it('runs commands of one context together exactly while that saves a swap', async () => {
    for (const [needOfFirst, needOfOther, expected] of [
      ['resident', 'swap', [1, 1, 1, 1, 2, 1]],
      ['resident', 'resident', [1, 2, 1, 2, 1, 2]],
      ['none', 'swap', [1, 2, 1, 2, 1, 2]],
      ['swap', 'swap', [1, 2, 1, 2, 1, 2]],
      ['none', 'none', [1, 2, 1, 2, 1, 2]],
    ] as const) {
      const { dispatcher, transport, virtualizer, submit } = setUp();
      virtualizer.swapNeeds.set(1, needOfFirst);
      virtualizer.swapNeeds.set(2, needOfOther);
      await dispatcher.pause();
      const order: number[] = [];
      for (let count = 0; count < 5; count++) {
        for (const contextId of [1, 2]) void submit(contextId).outcome.then(() => order.push(contextId));
      }
      dispatcher.resume();
      for (let index = 0; index < 10; index++) (await transport.transmission(index)).answer(SUCCESS);
      await dispatcher.whenDrained();
      assert.deepEqual(order.slice(0, 6), expected, `${needOfFirst} before ${needOfOther}`);
    }
  });

  it('learns the cost of commands, and estimates the wait from it', async () => {
    const { dispatcher, transport, submit } = setUp();
    const first = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    await first.outcome;
    assert.deepEqual(
      dispatcher.costs.table().map(({ code, count }) => [code, count]),
      [[TPM_CC.GetRandom, 1]],
    );
    assert.equal(dispatcher.estimatedWaitMs(), 0);
  });

  it('estimates the wait from the rest of the running command and from the queue', async () => {
    const { dispatcher, transport, submit, clock } = setUp();
    const first = submit(1);
    const begun = await transport.transmission(0);
    clock.advance(100);
    begun.answer(SUCCESS);
    await first.outcome;
    submit(1);
    await transport.transmission(1);
    assert.equal(dispatcher.estimatedWaitMs(), 100);
    submit(2);
    submit(3);
    assert.equal(dispatcher.estimatedWaitMs(), 300);
    clock.advance(60);
    assert.equal(dispatcher.estimatedWaitMs(), 240);
    clock.advance(500);
    assert.equal(dispatcher.estimatedWaitMs(), 200, 'one that takes longer than expected counts no less than nothing');
    dispatcher.cancelContext(ALICE.userKey, 2);
    assert.equal(dispatcher.estimatedWaitMs(), 100);
  });

  it('ends failed exchanges of its own with their error, and continues', async () => {
    const { dispatcher, transport, submit } = setUp();
    const failing = dispatcher.runExchange(() => {
      throw new TbsError('TBS_E_INTERNAL_ERROR');
    });
    const next = submit(1);
    await assert.rejects(failing, { symbol: 'TBS_E_INTERNAL_ERROR' });
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
  });

  it('sends exchanges of its own at locality 0, with the time limit of a long command', async () => {
    const { dispatcher, transport } = setUp();
    const asked = dispatcher.runExchange(function* (): Exchange<Uint8Array> {
      return yield getRandom(8);
    });
    const { options, answer } = await transport.transmission(0);
    assert.deepEqual([options.locality, options.timeoutMs], [0, 300_000]);
    answer(SUCCESS);
    assert.equal(await asked, SUCCESS);
  });

  it('charges exchanges of its own to the user who caused them, and to nobody else', async () => {
    const { dispatcher, virtualizer, queue, clock } = setUp();
    const charges: unknown[] = [];
    queue.charge = (userKey, durationMs) => void charges.push([userKey, durationMs]);
    const slow = () => {
      clock.advance(40);
      return virtualizer.closeContext(7);
    };
    await dispatcher.runExchange(slow);
    await dispatcher.runExchange(slow, { userKey: ALICE.userKey });
    assert.deepEqual(charges, [
      [undefined, 40],
      [ALICE.userKey, 40],
    ]);
  });

  it('answers callers’ questions about the TPM one at a time, between commands', async () => {
    const { dispatcher, transport, submit } = setUp();
    const order: string[] = [];
    transport.onTransmit = ({ answer }) => {
      order.push(`command ${transport.sent.length}`);
      answer(SUCCESS);
    };
    await dispatcher.pause();
    const asks = (name: string) =>
      dispatcher.runExchange(
        // biome-ignore lint/correctness/useYield: an exchange that sends nothing
        function* () {
          order.push(name);
        },
        { yieldsToCommands: true },
      );
    dispatcher.halt();
    const all = [asks('question 1'), asks('question 2'), submit(1).outcome, submit(1).outcome];
    dispatcher.resume();
    await Promise.all(all);
    assert.deepEqual(order, ['question 1', 'command 1', 'question 2', 'command 2']);
  });

  it('sends held responses before an exchange of its own', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    const first = submit(1);
    const atTpm = await transport.transmission(0);
    let answersBefore = -1;
    const own = dispatcher.runExchange(() => {
      answersBefore = first.answers.length;
      return virtualizer.closeContext(7);
    });
    atTpm.answer(SUCCESS);
    await own;
    assert.equal(answersBefore, 1);
  });

  it('runs the housekeeping of users beyond their share between commands', async () => {
    const { dispatcher, transport, queue, submit } = setUp();
    const order: string[] = [];
    transport.onTransmit = ({ answer }) => {
      order.push('command');
      answer(SUCCESS);
    };
    dispatcher.halt();
    const closes = (name: string, userKey: string) =>
      dispatcher.runExchange(
        // biome-ignore lint/correctness/useYield: an exchange that sends nothing
        function* () {
          order.push(name);
        },
        { userKey },
      );
    queue.isWithinShare = (userKey) => userKey === 'modest';
    const all = [closes('greedy 1', 'greedy'), closes('greedy 2', 'greedy'), closes('modest', 'modest')];
    const commands = [submit(1).outcome, submit(1).outcome];
    dispatcher.resume();
    await Promise.all([...all, ...commands]);
    assert.deepEqual(order, ['modest', 'greedy 1', 'command', 'greedy 2', 'command']);
  });
});
