/** Tests that the backlog has the expected cost of the queued commands, however they leave the queue. */
import assert from 'node:assert/strict';
import { Backlog } from '../../../ts-core/application/commands/backlog.js';
import type { PendingCommand } from '../../../ts-core/application/commands/pending-command.js';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { ALICE } from '../../support/callers.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { pendingCommand } from '../../support/pending-command.js';
import { createPrimary, getRandom } from '../../support/tpm20-commands.js';

const NOW_MS = 1_000_000;
const RANDOM_MS = 10;
const KEY_MS = 3000;

describe('the backlog', () => {
  let virtualizer: PassThroughVirtualizer;
  let backlog: Backlog;

  beforeEach(() => {
    virtualizer = new PassThroughVirtualizer();
    const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
    backlog = new Backlog({ version: '2.0', queue, virtualizer });
    backlog.learn(pendingCommand({ command: getRandom(8) }).pending, RANDOM_MS);
    backlog.learn(pendingCommand({ command: createPrimary() }).pending, KEY_MS);
  });

  function adds(contextId: number, command = getRandom(8)): PendingCommand {
    const { pending } = pendingCommand({ contextId, command });
    backlog.add(pending);
    return pending;
  }

  it('has the expected cost of similar commands', () => {
    assert.equal(backlog.costMs, 0);
    assert.equal(adds(1).expectedMs, RANDOM_MS);
    assert.equal(adds(1, createPrimary()).expectedMs, KEY_MS);
    assert.equal(backlog.costMs, RANDOM_MS + KEY_MS);
  });

  it('costs less by each command that is dispatched, and nothing when it is empty', () => {
    const [first, second] = [adds(1), adds(1, createPrimary())];
    assert.equal(backlog.take(NOW_MS), first);
    assert.equal(backlog.costMs, KEY_MS);
    assert.equal(backlog.take(NOW_MS), second);
    assert.equal(backlog.costMs, 0);
    assert.equal(backlog.take(NOW_MS), undefined);
    assert.equal(backlog.costMs, 0);
  });

  it('counts the cost that was expected when a command arrived, whatever is learned while it waits', () => {
    const pending = adds(1);
    backlog.learn(pending, 100 * RANDOM_MS);
    backlog.take(NOW_MS);
    assert.equal(backlog.costMs, 0);
    assert.ok(adds(1).expectedMs > RANDOM_MS);
  });

  it('removes a command once, and ignores one that does not wait', () => {
    const [taken, removed] = [adds(1), adds(1), adds(1)];
    assert.equal(backlog.take(NOW_MS), taken);
    assert.deepEqual([backlog.remove(removed), backlog.remove(removed), backlog.remove(taken)], [true, false, false]);
    assert.equal(backlog.remove(pendingCommand().pending), false);
    assert.equal(backlog.costMs, RANDOM_MS);
  });

  it('removes a context with its cost, but not the others', () => {
    const first = adds(1, createPrimary());
    adds(2);
    const second = adds(1);
    assert.deepEqual(backlog.removeContext(ALICE.userKey, 1), [first, second]);
    assert.equal(backlog.costMs, RANDOM_MS);
    assert.deepEqual(backlog.removeContext(ALICE.userKey, 1), []);
    assert.equal(backlog.costMs, RANDOM_MS);
  });

  it('prefers a command whose resources are in the TPM to one that needs a swap', () => {
    virtualizer.swapNeeds.set(1, 'resident');
    virtualizer.swapNeeds.set(2, 'swap');
    for (let count = 0; count < 2; count++) for (const contextId of [1, 2]) adds(contextId);
    const order = Array.from({ length: 4 }, () => backlog.take(NOW_MS)?.contextId);
    assert.deepEqual(order, [1, 1, 2, 2]);
  });
});
