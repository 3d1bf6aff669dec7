import assert from 'node:assert/strict';
import { ProcessContexts } from '../../../ts-core/endpoints/simulator/process-contexts.js';
import type { SimulatorPeer } from '../../../ts-core/endpoints/simulator/simulator-peer.js';
import { ALICE, ALICES_SANDBOX, BOB } from '../../support/callers.js';
import { directOpener } from '../../support/direct-opener.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';

/** A process that the test ends. */
function processOf(key: string) {
  const process = { key, ended: false, hasEnded: async () => process.ended };
  return process;
}

function setUp(idleLifeMs = 60_000) {
  const opener = directOpener(new ScriptedTransport(), '2.0');
  // The test triggers each sweep.
  const contexts = new ProcessContexts(opener, { sweepMs: 600_000, idleLifeMs });
  return { opener, contexts, open: () => opener.connections.filter(({ isClosed }) => !isClosed).length };
}

describe('the contexts of clients that reconnect for every command', () => {
  it('belong to one process of one caller each', () => {
    const { contexts } = setUp();
    const peers: readonly SimulatorPeer[] = [
      { caller: ALICE, process: processOf('1') },
      { caller: ALICE, process: processOf('2') },
      { caller: BOB, process: processOf('1') },
      { caller: ALICES_SANDBOX, process: processOf('1') },
      { caller: ALICE, process: undefined },
    ];
    const acquired = peers.map((peer) => contexts.acquire(peer));
    assert.equal(new Set(acquired).size, peers.length);
    assert.deepEqual(
      acquired.map(({ caller }) => caller),
      peers.map(({ caller }) => caller),
    );
    for (const [index, peer] of peers.entries()) assert.equal(contexts.acquire(peer), acquired[index]);
    contexts.close();
  });

  it('live as long as their process, however often it reconnects', async () => {
    const { contexts, open } = setUp();
    const process = processOf('1');
    const peer = { caller: ALICE, process };
    const context = contexts.acquire(peer);
    contexts.release(peer);
    await contexts.sweep();
    assert.equal(contexts.acquire(peer), context);
    contexts.release(peer);
    process.ended = true;
    await contexts.sweep();
    assert.deepEqual([contexts.size, open()], [0, 0]);
  });

  it('are not closed under a connection that is open, though its process has ended', async () => {
    const { contexts, open } = setUp();
    const process = processOf('1');
    const peer = { caller: ALICE, process };
    contexts.acquire(peer);
    process.ended = true;
    await contexts.sweep();
    assert.equal(open(), 1);
    contexts.release(peer);
    await contexts.sweep();
    assert.equal(open(), 0);
  });

  it('are not closed under a connection that comes while the process is looked up', async () => {
    const { contexts, open } = setUp();
    let say: (ended: boolean) => void = () => undefined;
    const hasEnded = () => new Promise<boolean>((resolve) => (say = resolve));
    const peer = { caller: ALICE, process: { key: '1', hasEnded } };
    contexts.acquire(peer);
    contexts.release(peer);
    const swept = contexts.sweep();
    contexts.acquire(peer);
    say(true);
    await swept;
    assert.equal(open(), 1);
    contexts.close();
  });

  it('end after some idle time where the process is not known', async () => {
    const peer = { caller: ALICE, process: undefined };
    for (const [idleLifeMs, left] of [
      [60_000, 1],
      [0, 0],
    ] as const) {
      const { contexts, open } = setUp(idleLifeMs);
      contexts.acquire(peer);
      contexts.release(peer);
      await contexts.sweep();
      assert.equal(open(), left);
      contexts.close();
    }
  });

  it('are all closed with the endpoint', () => {
    const { contexts, open } = setUp();
    for (const caller of [ALICE, BOB]) contexts.acquire({ caller, process: processOf('1') });
    assert.equal(open(), 2);
    contexts.close();
    assert.deepEqual([contexts.size, open()], [0, 0]);
  });

  it('ignore a connection that ends after them', () => {
    const { contexts } = setUp();
    const peer = { caller: ALICE, process: processOf('1') };
    contexts.acquire(peer);
    contexts.close();
    contexts.release(peer);
    assert.equal(contexts.size, 0);
  });
});
