/** Tests that a client that waits for a long command can tell that its broker is alive. */
import assert from 'node:assert/strict';
import { Operation } from '../../ts-core/endpoints/wire/frame.js';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { createPrimaryRsa } from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

/** Enough key generations that pings are answered long before the first response. */
const KEY_GENERATIONS = 4;

describe('a sign of life', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  async function firstOf(answers: readonly Promise<unknown>[], ping: Promise<unknown>): Promise<string> {
    const first = await Promise.race([...answers.map((each) => each.then(() => 'a key')), ping.then(() => 'the ping')]);
    await Promise.all(answers);
    return first;
  }

  it('arrives over JSON-RPC while commands are queued and the TPM works', async () => {
    const client = await daemon.connect();
    const contextId = await client.open();
    const keys = Array.from({ length: KEY_GENERATIONS }, (_, seed) =>
      client.submit(contextId, createPrimaryRsa(seed, 3072)),
    );
    const ping = client.call('connection/ping').then((answer) => assert.deepEqual(answer, {}));
    assert.equal(await firstOf(keys, ping), 'the ping');
    client.close();
  });

  it('arrives over the wire protocol as well', async () => {
    using client = await WireClient.open(daemon.wireSocket);
    const keys = Array.from({ length: KEY_GENERATIONS }, (_, seed) => client.submit(createPrimaryRsa(10 + seed, 3072)));
    const ping = client.call(Operation.PING, 0, new Uint8Array(0)).then(({ result }) => assert.equal(result, 0));
    assert.equal(await firstOf(keys, ping), 'the ping');
  });

  it('is sent to every user', async function () {
    if (!canBecomeOthers()) this.skip();
    const client = await connectAs(ALICE, daemon.rpcSocket);
    assert.deepEqual(await client.call('connection/ping'), {});
    client.close();
  });
});
