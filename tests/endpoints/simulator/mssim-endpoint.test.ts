import assert from 'node:assert/strict';
import { join } from 'node:path';
import { getRandom } from '../../support/either-tpm-commands.js';
import { eventually, inMssim, peer, peerOf, rawClient, startScriptedRig, word } from './simulator-rig.js';

describe('the mssim endpoint', () => {
  const sendCommand = (command: Uint8Array, locality = 0) =>
    Buffer.concat([word(8), Buffer.of(locality), word(command.length), command]);

  it('transfers commands with their locality, and ends with the session', async () => {
    await using rig = await startScriptedRig(inMssim, { identify: peerOf('administrator', 'p1') });
    const client = await rawClient({ path: join(rig.directory, 'm') });
    client.send(sendCommand(getRandom('2.0', 8), 1));
    const reply = await client.receive(4 + 20 + 4);
    assert.equal(reply.readUInt32BE(0), 20);
    assert.equal(reply.readUInt32BE(4 + 6), 0);
    assert.equal(reply.readUInt32BE(24), 0);
    assert.equal(rig.opener.connections[0]?.submissions[0]?.locality, 1);
    client.send(word(20));
    await client.untilClosed();
    await eventually(() => rig.opener.connections[0]?.isClosed === true);
  });

  it('accepts power on, and refuses the rest to everybody except administrators', async () => {
    await using rig = await startScriptedRig(inMssim, { identify: peerOf('standardUser', 'p1') });
    const platform = await rawClient({ path: join(rig.directory, 'm.ctrl') });
    for (const [code, answer] of [
      [1, 0],
      [11, 0],
      [2, 1],
      [12, 1],
      [17, 1],
      [18, 1],
      [21, 1],
      [3, 1],
      [30, 1],
    ] as const) {
      platform.send(word(code));
      assert.deepEqual(await platform.receive(4), word(answer), `signal ${code}`);
    }
    platform.send(word(15, 1));
    assert.deepEqual(await platform.receive(12), word(1, 1, 0));
  });

  it('resets only an administrator’s own contexts', async () => {
    await using rig = await startScriptedRig(inMssim, { identify: peerOf('administrator', 'p1') });
    const client = await rawClient({ path: join(rig.directory, 'm') });
    const platform = await rawClient({ path: join(rig.directory, 'm.ctrl') });
    client.send(sendCommand(getRandom('2.0', 8)));
    await client.receive(28);
    assert.equal(rig.opener.openContexts(), 1);
    platform.send(word(2));
    assert.deepEqual(await platform.receive(4), word(0));
    assert.equal(rig.opener.openContexts(), 0);
    platform.send(word(1));
    await platform.receive(4);
    client.send(sendCommand(getRandom('2.0', 8)));
    assert.equal((await client.receive(28)).readUInt32BE(4 + 6), 0);
  });

  it('cancels through the platform port', async () => {
    await using rig = await startScriptedRig(inMssim, { identify: peerOf('standardUser', 'p1') });
    const client = await rawClient({ path: join(rig.directory, 'm') });
    client.send(sendCommand(getRandom('2.0', 8)));
    await client.receive(28);
    const platform = await rawClient({ path: join(rig.directory, 'm.ctrl') });
    platform.send(Buffer.concat([word(9), word(10)]));
    assert.deepEqual(await platform.receive(8), word(0, 0));
    assert.equal(rig.opener.connections[0]?.cancelled.length, 1);
  });

  it('leaves the contexts of the user’s other processes alone', async () => {
    const processes = ['p1', 'p2'].values();
    const identify = async () => peer('administrator', processes.next().value);
    await using rig = await startScriptedRig(inMssim, { identify });
    const client = await rawClient({ path: join(rig.directory, 'm') });
    client.send(sendCommand(getRandom('2.0', 8)));
    await client.receive(28);
    const platform = await rawClient({ path: join(rig.directory, 'm.ctrl') });
    platform.send(Buffer.concat([word(9), word(2)]));
    assert.deepEqual(await platform.receive(8), word(0, 0));
    assert.deepEqual([rig.opener.connections[0]?.cancelled, rig.opener.openContexts()], [[], 1]);
  });

  it('describes itself on both ports, and knows neither port’s unknown codes', async () => {
    await using rig = await startScriptedRig(inMssim, { identify: peerOf('standardUser', 'p1') });
    for (const socket of ['m', 'm.ctrl']) {
      const client = await rawClient({ path: join(rig.directory, socket) });
      client.send(word(15, 1));
      assert.deepEqual(await client.receive(12), word(1, 1, 0), socket);
      client.send(word(99));
      assert.deepEqual(await client.receive(4), word(1), socket);
      client.send(word(20));
      assert.equal((await client.untilClosed()).length, 0, socket);
    }
  });

  it('stops a context for an administrator only, on the command port too', async () => {
    for (const [callerClass, answer, contexts] of [
      ['standardUser', 1, 1],
      ['administrator', 0, 0],
    ] as const) {
      await using rig = await startScriptedRig(inMssim, { identify: peerOf(callerClass, 'p1') });
      const client = await rawClient({ path: join(rig.directory, 'm') });
      client.send(sendCommand(getRandom('2.0', 8)));
      await client.receive(28);
      client.send(word(21));
      assert.deepEqual(await client.receive(4), word(answer));
      assert.equal(rig.opener.openContexts(), contexts);
    }
  });
});
