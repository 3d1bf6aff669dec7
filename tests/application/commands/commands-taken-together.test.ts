/**
 * Tests the dispatcher, the queue and the tables of a TPM 2.0 together: which swaps happen if one user's keys do not
 * all fit.
 */
import assert from 'node:assert/strict';
import { Dispatcher } from '../../../ts-core/application/commands/dispatcher.js';
import type { PendingCommand } from '../../../ts-core/application/commands/pending-command.js';
import type { TpmTransport } from '../../../ts-core/application/ports/tpm-transport.js';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { Tpm20Virtualizer } from '../../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import { ALICE } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { pendingCommand } from '../../support/pending-command.js';
import { QuietEventLoop } from '../../support/quiet-event-loop.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTpm20 } from '../../support/scripted-tpm20.js';
import { createPrimary, handleIn, sign } from '../../support/tpm20-commands.js';

const COMMANDS_EACH = 16;

/**
 * Returns how often objects were loaded, and in which order contexts were served, if each has this many commands
 * queued.
 */
async function served(contexts: number): Promise<{ loads: number; order: number[] }> {
  const tpm = new ScriptedTpm20();
  const virtualizer = new Tpm20Virtualizer();
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
  const clock = new FakeClock();
  const dispatcher = new Dispatcher({
    ...{ version: '2.0', virtualizer, queue, clock, log: quietLog(), eventLoop: new QuietEventLoop() },
    transport: {
      description: 'scripted',
      maxLocality: 0,
      cancellation: 'none',
      ownsTpm: false,
      isSoftwareTpm: false,
      onReset: undefined,
      transmit: async (command) => tpm.transmit(command),
      cancel: async () => undefined,
      exposure: async () => [],
      close: async () => undefined,
    } satisfies TpmTransport,
    gate: { refusalAtDispatch: () => undefined, beforeDispatch: () => undefined },
    recorder: { record: () => undefined },
  });
  await dispatcher.runExchange(() => virtualizer.start(undefined));
  const order: number[] = [];
  const submit = async (contextId: number, command: Uint8Array): Promise<Uint8Array> => {
    const { pending, outcome } = pendingCommand({ contextId, command, submittedAtMs: clock.monotonicMs() });
    dispatcher.enqueue(pending);
    const answer = await outcome;
    order.push(contextId);
    assert.ok(answer.kind === 'response');
    return answer.response;
  };
  const keys: number[] = [];
  for (let context = 1; context <= contexts; context++) {
    virtualizer.openContext(context, ALICE);
    keys.push(handleIn(await submit(context, createPrimary())));
  }
  await dispatcher.pause();
  tpm.log.length = 0;
  order.length = 0;
  const answers: Promise<Uint8Array>[] = [];
  for (let count = 0; count < COMMANDS_EACH; count++) {
    for (const [index, key] of keys.entries()) answers.push(submit(index + 1, sign(key)));
  }
  dispatcher.resume();
  await Promise.all(answers);
  return { loads: tpm.log.filter((code) => code === TPM_CC.ContextLoad).length, order };
}

describe('commands of one user’s contexts', () => {
  it('strictly alternate while the keys of all fit into the TPM', async () => {
    const { loads, order } = await served(3);
    assert.equal(loads, 0);
    assert.deepEqual(
      order,
      Array.from({ length: 3 * COMMANDS_EACH }, (_, index) => (index % 3) + 1),
    );
  });

  it('run in groups of at most four if they do not fit, with a quarter of the swaps of strict turns', async () => {
    const contexts = 6;
    const { loads, order } = await served(contexts);
    assert.ok(loads <= (contexts * COMMANDS_EACH) / 4 + contexts, `${loads} loads`);
    let run = 0;
    for (const [index, context] of order.entries()) {
      run = order[index - 1] === context ? run + 1 : 1;
      assert.ok(run <= 4, `${order}`);
    }
  });
});
