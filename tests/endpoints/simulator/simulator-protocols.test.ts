import assert from 'node:assert/strict';
import { join } from 'node:path';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { getRandom } from '../../adapters/transport/tpm-commands.js';
import { eventually, rawClient, startRig } from './simulator-rig.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const ordinaryUser = { ownUid: 990, userMode: false, sandboxGroupGid: undefined, overflowUid: 65534 };

const word = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value >>> 0, 4 * index);
  });
  return bytes;
};
const inSwtpm = (directory: string) => ({
  swtpm: { data: { path: join(directory, 's') }, control: { path: join(directory, 's.ctrl') } },
});
const inMssim = (directory: string) => ({
  mssim: { command: { path: join(directory, 'm') }, platform: { path: join(directory, 'm.ctrl') } },
});
const inBare = () => ({ bare: LOOPBACK });

/** A caller of the class, whoever runs the test. */
const peerOf = (callerClass: 'administrator' | 'standardUser', processKey?: string) => async () => ({
  caller: { userKey: 'uid:4711', callerClass },
  process: processKey === undefined ? undefined : { key: processKey, hasEnded: async () => false },
});

describe('the swtpm endpoint', () => {
  it('keeps a context and its locality across connections of a process', async () => {
    await using rig = await startRig(inSwtpm, { identify: peerOf('administrator', 'p1') });
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    control.send(Buffer.concat([word(5), Buffer.of(2)]));
    assert.deepEqual(await control.receive(4), word(0));
    control.close();
    for (let round = 0; round < 2; round++) {
      const data = await rawClient({ path: join(rig.directory, 's') });
      data.send(getRandom('2.0', 8));
      assert.equal((await data.receive(20)).readUInt32BE(6), 0);
      data.close();
    }
    const [connection] = rig.opener.connections;
    assert.deepEqual(
      connection?.submissions.map(({ locality }) => locality),
      [2, 2],
    );
    assert.equal(rig.opener.openContexts(), 1);
  });

  it('shares a context among the connections of a user whose processes are unknown, and ends it when idle', async () => {
    await using rig = await startRig(inSwtpm, { identify: peerOf('standardUser') });
    for (let round = 0; round < 2; round++) {
      const data = await rawClient({ path: join(rig.directory, 's') });
      data.send(getRandom('2.0', 8));
      await data.receive(20);
      data.close();
    }
    assert.equal(rig.opener.connections.length, 1);
    await eventually(() => rig.opener.connections[0]?.isClosed === true);
  });

  it('answers a client’s questions about the TPM', async () => {
    await using rig = await startRig(inSwtpm);
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    control.send(word(1));
    assert.deepEqual(await control.receive(8), word(0, 0xc2f));
    control.send(Buffer.concat([word(4), word(0x0f)]));
    assert.deepEqual(await control.receive(16), word(0, 0, 0, 0));
    control.send(Buffer.concat([word(5), Buffer.of(5)]));
    assert.deepEqual(await control.receive(4), word(0x3d));
    control.close();
  });

  it('refuses power, reset and locality to everybody except administrators', async () => {
    await using rig = await startRig(inSwtpm, { identify: peerOf('standardUser', 'p1') });
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    for (const request of [word(2, 0), word(3), word(14)]) {
      control.send(request);
      assert.deepEqual(await control.receive(4), word(0x08));
    }
    control.send(Buffer.concat([word(5), Buffer.of(1)]));
    assert.deepEqual(await control.receive(4), word(0x3d));
    control.close();
  });

  it('never powers down the shared TPM: for an administrator, the administrator’s own context starts afresh', async () => {
    await using rig = await startRig(inSwtpm, { identify: peerOf('administrator', 'p1') });
    const data = await rawClient({ path: join(rig.directory, 's') });
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    data.send(getRandom('2.0', 8));
    await data.receive(20);
    for (const request of [word(2, 0), word(14), word(3)]) {
      control.send(request);
      assert.deepEqual(await control.receive(4), word(0));
      assert.equal(rig.opener.openContexts(), 0);
      data.send(getRandom('2.0', 8));
      assert.equal((await data.receive(20)).readUInt32BE(6), 0);
    }
    const contexts = rig.opener.connections[0]?.submissions.map(({ contextId }) => contextId);
    assert.equal(new Set(contexts).size, 4);
  });

  it('cancels the commands of the requesting process', async () => {
    await using rig = await startRig(inSwtpm, { identify: peerOf('standardUser', 'p1') });
    const data = await rawClient({ path: join(rig.directory, 's') });
    data.send(getRandom('2.0', 8));
    await data.receive(20);
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    control.send(word(9));
    assert.deepEqual(await control.receive(4), word(0));
    assert.equal(rig.opener.connections[0]?.cancelled.length, 1);
  });

  it('has no commands that read or replace the state of the TPM', async () => {
    await using rig = await startRig(inSwtpm);
    for (const code of [6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 0, 0x1000, 0xffffffff]) {
      const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
      control.send(word(code));
      assert.deepEqual(await control.untilClosed(), word(0x0a));
    }
  });
});

describe('the mssim endpoint', () => {
  const sendCommand = (command: Uint8Array, locality = 0) =>
    Buffer.concat([word(8), Buffer.of(locality), word(command.length), command]);

  it('transfers commands with their locality, and ends with the session', async () => {
    await using rig = await startRig(inMssim, { identify: peerOf('administrator', 'p1') });
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
    await using rig = await startRig(inMssim, { identify: peerOf('standardUser', 'p1') });
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
    await using rig = await startRig(inMssim, { identify: peerOf('administrator', 'p1') });
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
    await using rig = await startRig(inMssim, { identify: peerOf('standardUser', 'p1') });
    const client = await rawClient({ path: join(rig.directory, 'm') });
    client.send(sendCommand(getRandom('2.0', 8)));
    await client.receive(28);
    const platform = await rawClient({ path: join(rig.directory, 'm.ctrl') });
    platform.send(Buffer.concat([word(9), word(10)]));
    assert.deepEqual(await platform.receive(8), word(0, 0));
    assert.equal(rig.opener.connections[0]?.cancelled.length, 1);
  });
});

describe('refusals on simulator endpoints', () => {
  it('are TPM responses in the layer of a resource manager', async () => {
    await using rig = await startRig(inBare);
    rig.opener.refuseWith = new TbsError('TPM_E_COMMAND_BLOCKED');
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(10)).toString('hex'), '80010000000a000c0143');
  });

  it('are returned for each command while no context can be opened', async () => {
    await using rig = await startRig(inBare);
    rig.opener.refuseContextWith = new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS');
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(10)).toString('hex'), '80010000000a000c0902');
    client.send(getRandom('1.2', 8));
    assert.equal((await client.receive(10)).toString('hex'), '00c40000000a00000015');
    rig.opener.refuseContextWith = undefined;
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(20)).readUInt32BE(6), 0);
  });

  it('close the connection of a peer that cannot be identified', async () => {
    await using rig = await startRig(inBare, {
      identify: async () => {
        throw new TbsError('TBS_E_ACCESS_DENIED');
      },
    });
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.equal((await client.untilClosed()).length, 0);
    assert.equal(rig.refusals.length, 1);
    const silent = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    silent.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(rig.refusals.length, 1);
  });

  it('are not returned to a caller over TCP who is an ordinary user elsewhere', async () => {
    await using rig = await startRig(inBare, { rules: ordinaryUser });
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(20)).readUInt32BE(6), 0);
  });
});
