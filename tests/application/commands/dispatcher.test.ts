import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../../ts-core/application/commands/caller-connection.js';
import { Dispatcher } from '../../../ts-core/application/commands/dispatcher.js';
import type { PendingCommand } from '../../../ts-core/application/commands/pending-command.js';
import type { TpmTransport } from '../../../ts-core/application/ports.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { decodeCommandHeader, errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { QuietEventLoop } from '../../support/quiet-event-loop.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { GET_RANDOM_20 } from '../../support/tpm-commands.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const SUCCESS = errorResponse('2.0', 0);
const CANCELED = errorResponse('2.0', 0x909);
const INITIALIZE = errorResponse('2.0', 0x100);
const CREATE_PRIMARY = 0x131;

interface Submitted {
  readonly pending: PendingCommand;
  readonly outcome: Promise<SubmissionOutcome>;
  answers: number;
}

function setUp(cancellation: TpmTransport['cancellation'] = 'controlChannel', longestCommandMs?: number) {
  const transport = new ScriptedTransport(cancellation);
  const virtualizer = new PassThroughVirtualizer();
  const clock = new FakeClock();
  const eventLoop = new QuietEventLoop();
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
  const refusals = new Map<number, TbsError>();
  const preparations = new Map<number, Promise<void>>();
  const told: string[] = [];
  const presence = {
    told,
    answered: () => void told.push('answered'),
    failed: (error: unknown) => void told.push(`failed ${error instanceof TbsError ? error.symbol : error}`),
    wasReset: () => void told.push('reset'),
  };
  const accounted: number[] = [];
  let durable: Promise<void> | undefined;
  const dispatcher = new Dispatcher({
    version: '2.0',
    transport,
    virtualizer,
    queue,
    gate: {
      refusalAtDispatch: ({ contextId }) => refusals.get(contextId),
      beforeDispatch: ({ contextId }) => preparations.get(contextId),
    },
    recorder: {
      record: ({ contextId }) => {
        accounted.push(contextId);
        return durable;
      },
    },
    clock,
    log: quietLog(),
    eventLoop,
    presence,
    ...(longestCommandMs === undefined ? {} : { longestCommandMs }),
  });
  const submit = (contextId: number, priority = 200, code = 0x17b): Submitted => {
    const command = Buffer.from(GET_RANDOM_20);
    command.writeUInt32BE(code, 6);
    const verdict = decodeCommandHeader(command, '2.0', 4096);
    assert.ok(verdict.ok);
    const submitted = { answers: 0 } as { -readonly [Key in keyof Submitted]: Submitted[Key] };
    submitted.outcome = new Promise((resolve) => {
      submitted.pending = {
        contextId,
        userKey: ALICE.userKey,
        priority,
        isHeldToShare: true,
        caller: ALICE,
        locality: 0,
        command,
        header: verdict.header,
        listsRevision: 1,
        submittedAtMs: clock.monotonicMs(),
        done: (outcome) => {
          submitted.answers++;
          resolve(outcome);
        },
        deadline: undefined,
        state: 'waiting',
        cancelRequested: false,
        place: undefined,
        expectedMs: 0,
      };
    });
    dispatcher.enqueue(submitted.pending);
    return submitted;
  };
  return {
    dispatcher,
    transport,
    virtualizer,
    queue,
    clock,
    eventLoop,
    refusals,
    preparations,
    accounted,
    presence,
    submit,
    makeDurableBy: (promise: Promise<void>) => {
      durable = promise;
    },
  };
}

async function symbolOf(outcome: Promise<SubmissionOutcome>): Promise<string> {
  const settled = await outcome;
  return settled.kind === 'refused' ? settled.error.symbol : 'response';
}

describe('the dispatcher', () => {
  it('has one command at the TPM at a time', async () => {
    const { transport, submit } = setUp();
    const first = submit(1);
    const second = submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.ok(transport.sent.length <= 2);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(second.outcome), 'response');
  });

  it('decides by priority among requests that arrive together', async () => {
    const { transport, submit } = setUp();
    submit(1, 100, 0x17b);
    submit(2, 300, 0x17a);
    const { command } = await transport.transmission(0);
    assert.equal(command[9], 0x7a);
  });

  it('answers a command when the TPM has the next one', async () => {
    const { transport, submit } = setUp();
    const answersAtTransmission: number[] = [];
    transport.onTransmit = () => answersAtTransmission.push(first.answers);
    const first = submit(1);
    const second = submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.deepEqual(answersAtTransmission, [0, 0]);
    assert.deepEqual([first.answers, second.answers], [1, 0]);
  });

  it('answers in order when the next one is refused, or prepared', async () => {
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

  it('takes requests in while the TPM works', async () => {
    const { transport, submit, eventLoop } = setUp();
    submit(1);
    const { options } = await transport.transmission(0);
    assert.equal(eventLoop.requestsTaken, 0);
    assert.equal(options.whileTpmWorks?.(), false);
    assert.equal(eventLoop.requestsTaken, 1);
    submit(2);
    assert.equal(options.whileTpmWorks?.(), true, 'another command waits');
  });

  it('lets everything else have its turn after two milliseconds of short commands', async () => {
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

  it('asks the gate after every earlier response was accounted for', async () => {
    const { transport, submit, refusals, accounted } = setUp();
    submit(1);
    const second = submit(2);
    const first = await transport.transmission(0);
    assert.deepEqual(accounted, []);
    // What the first response makes of the second command is decided while the second waits.
    refusals.set(2, new TbsError('TPM_20_E_LOCKOUT'));
    first.answer(SUCCESS);
    assert.equal(await symbolOf(second.outcome), 'TPM_20_E_LOCKOUT');
    assert.deepEqual(accounted, [1]);
    assert.equal(transport.sent.length, 1);
  });

  it('sends a command only once what must be durable before it is, and not at all when that cannot be kept', async () => {
    const { transport, submit, preparations } = setUp();
    let becomeDurable: (() => void) | undefined;
    preparations.set(
      1,
      new Promise((resolve) => {
        becomeDurable = resolve;
      }),
    );
    const unkept = Promise.reject(new TbsError('TBS_E_INTERNAL_ERROR'));
    unkept.catch(() => undefined);
    preparations.set(2, unkept);
    const first = submit(1);
    const second = submit(2);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(transport.sent.length, 0);
    becomeDurable?.();
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.equal(await symbolOf(second.outcome), 'TBS_E_INTERNAL_ERROR');
    assert.equal(transport.sent.length, 1);
  });

  it('holds a response back until what it says is durable, and lets the next command go on', async () => {
    const { transport, submit, makeDurableBy } = setUp();
    let becomeDurable: (() => void) | undefined;
    makeDurableBy(
      new Promise((resolve) => {
        becomeDurable = resolve;
      }),
    );
    const first = submit(1);
    submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    await transport.transmission(1);
    assert.equal(first.answers, 0);
    becomeDurable?.();
    assert.equal(await symbolOf(first.outcome), 'response');
  });

  it('withholds a response whose failure could not be kept', async () => {
    const { transport, submit, makeDurableBy } = setUp();
    makeDurableBy(Promise.reject(new Error('ENOSPC')));
    const only = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(only.outcome), 'TBS_E_INTERNAL_ERROR');
  });

  it('cancels a waiting command at once', async () => {
    const { dispatcher, transport, submit } = setUp();
    submit(1);
    const waiting = submit(2);
    dispatcher.cancelContext(ALICE.userKey, 2);
    assert.equal(await symbolOf(waiting.outcome), 'TBS_E_COMMAND_CANCELED');
    assert.equal(transport.cancels, 0);
  });

  it('asks the TPM to cancel the running command, and tells what the TPM made of it', async () => {
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

  it('answers at once where the transport cannot cancel, and throws away what the command made', async () => {
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
    assert.equal(cancelled.answers, 1);
  });

  it('answers TBS_E_IOERROR when the transport fails, and goes on', async () => {
    const { transport, submit } = setUp();
    const lost = submit(1);
    (await transport.transmission(0)).fail(new TbsError('TBS_E_IOERROR'));
    assert.equal(await symbolOf(lost.outcome), 'TBS_E_IOERROR');
    const next = submit(1);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
  });

  it('brings its tables in line with a TPM that was lost and returned, before the next exchange', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    let synchronized = 0;
    // biome-ignore lint/correctness/useYield: an exchange that sends nothing
    virtualizer.resume = function* () {
      synchronized++;
    };
    transport.onReturned?.();
    submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    await dispatcher.runExchange(() => virtualizer.closeContext(7));
    assert.equal(synchronized, 1);
    assert.equal(virtualizer.resets, 0);
  });

  it('tells whoever watches the TPM of answers, failures and resets', async () => {
    const { transport, submit, presence } = setUp();
    const first = submit(1);
    (await transport.transmission(0)).fail(new TbsError('TBS_E_IOERROR'));
    await symbolOf(first.outcome);
    const second = submit(1);
    (await transport.transmission(1)).answer(INITIALIZE);
    (await transport.transmission(2)).answer(SUCCESS);
    (await transport.transmission(3)).answer(SUCCESS);
    await symbolOf(second.outcome);
    assert.deepEqual(presence.told, ['failed TBS_E_IOERROR', 'answered', 'reset', 'answered']);
  });

  it('starts a TPM that was reset, tells the tables, and sends the command again', async () => {
    const { transport, virtualizer, submit } = setUp();
    const only = submit(1);
    (await transport.transmission(0)).answer(INITIALIZE);
    const startup = await transport.transmission(1);
    assert.equal(Buffer.from(startup.command).readUInt32BE(6), 0x144);
    startup.answer(SUCCESS);
    const again = await transport.transmission(2);
    assert.equal(virtualizer.resets, 1);
    again.answer(SUCCESS);
    assert.equal(await symbolOf(only.outcome), 'response');
  });

  it('sends nothing while it is paused but housekeeping, and goes on afterwards', async () => {
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

  it('finishes what was asked before it stops, and refuses what comes later', async () => {
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
      { symbol: 'TBS_E_SERVICE_NOT_RUNNING' },
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
      // The transport notices the power cycle while the TPM is brought back: that is no second reset.
      transport.onReset?.();
      return 'kept';
    });
    assert.equal(sentBeforeRestart, 0);
    await closed;
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(waiting.outcome), 'response');
    assert.equal(virtualizer.resets, 0);
  });

  it('goes on when the TPM does not come back from a suspend, and tells the tables when it came back empty', async () => {
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

  it('gives commands the time of their class, and never more than the configuration does', async () => {
    for (const [code, longestCommandMs, expectedMs] of [
      [0x17b, undefined, 20_000],
      [CREATE_PRIMARY, undefined, 300_000],
      [CREATE_PRIMARY, 5_000, 5_000],
      [0x17b, 60_000, 20_000],
    ] as const) {
      const { transport, submit } = setUp('controlChannel', longestCommandMs);
      submit(1, 200, code);
      assert.equal((await transport.transmission(0)).options.timeoutMs, expectedMs);
    }
  });

  it('takes commands of a context together exactly while that saves a swap', async () => {
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

  it('learns what commands cost, and estimates the wait from it', async () => {
    const { dispatcher, transport, submit } = setUp();
    const first = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    await first.outcome;
    assert.deepEqual(
      dispatcher.costs.table().map(({ code, count }) => [code, count]),
      [[0x17b, 1]],
    );
    assert.equal(dispatcher.estimatedWaitMs(), 0);
  });

  it('estimates the wait from what is left of the running command and from what waits', async () => {
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
});
