import assert from 'node:assert/strict';
import { join } from 'node:path';
import { getRandom } from '../../support/either-tpm-commands.js';
import { eventually, inSwtpm, peerOf, rawClient, startScriptedRig, word } from './simulator-rig.js';

describe('the swtpm endpoint', () => {
  it('keeps a context and its locality across connections of a process', async () => {
    await using rig = await startScriptedRig(inSwtpm, { identify: peerOf('administrator', 'p1') });
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
    await using rig = await startScriptedRig(inSwtpm, { identify: peerOf('standardUser') });
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
    await using rig = await startScriptedRig(inSwtpm);
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
    await using rig = await startScriptedRig(inSwtpm, { identify: peerOf('standardUser', 'p1') });
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
    await using rig = await startScriptedRig(inSwtpm, { identify: peerOf('administrator', 'p1') });
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
    await using rig = await startScriptedRig(inSwtpm, { identify: peerOf('standardUser', 'p1') });
    const data = await rawClient({ path: join(rig.directory, 's') });
    data.send(getRandom('2.0', 8));
    await data.receive(20);
    const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
    control.send(word(9));
    assert.deepEqual(await control.receive(4), word(0));
    assert.equal(rig.opener.connections[0]?.cancelled.length, 1);
  });

  it('has no commands that read or replace the state of the TPM', async () => {
    await using rig = await startScriptedRig(inSwtpm);
    for (const code of [6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 0, 0x1000, 0xffffffff]) {
      const control = await rawClient({ path: join(rig.directory, 's.ctrl') });
      control.send(word(code));
      assert.deepEqual(await control.untilClosed(), word(0x0a));
    }
  });
});
