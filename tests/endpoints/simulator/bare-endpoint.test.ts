import assert from 'node:assert/strict';
import { getRandom } from '../../support/either-tpm-commands.js';
import { EIGHT_RANDOM_BYTES, inBare, peer, rawClient, type SimulatorRig, startScriptedRig } from './simulator-rig.js';

const connectTo = (rig: SimulatorRig) => rawClient({ port: rig.endpoints.bare?.port ?? 0 });
const contextsUsed = (rig: SimulatorRig) =>
  rig.opener.connections.map(({ submissions }) => submissions.map(({ contextId }) => contextId));

async function sendOnce(rig: SimulatorRig): Promise<void> {
  const client = await connectTo(rig);
  client.send(getRandom('2.0', 8));
  await client.receive(20);
  client.close();
}

describe('the endpoint for plain commands', () => {
  it('answers each command with the response alone', async () => {
    await using rig = await startScriptedRig(inBare);
    const client = await connectTo(rig);
    for (let round = 0; round < 2; round++) {
      client.send(getRandom('2.0', 8));
      assert.deepEqual(new Uint8Array(await client.receive(20)), EIGHT_RANDOM_BYTES);
    }
  });

  it('keeps the context of a process that reconnects for every command, and gives others their own', async () => {
    const processes = ['p1', 'p1', 'p2'].values();
    await using rig = await startScriptedRig(inBare, {
      identify: async () => peer('standardUser', processes.next().value),
    });
    for (let round = 0; round < 3; round++) await sendOnce(rig);
    assert.deepEqual(contextsUsed(rig), [[1, 1], [2]]);
  });

  it('closes the connection of a client whose bytes are no command', async () => {
    await using rig = await startScriptedRig(inBare);
    const client = await connectTo(rig);
    client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await client.untilClosed();
    assert.deepEqual(contextsUsed(rig).flat(), []);
  });
});
