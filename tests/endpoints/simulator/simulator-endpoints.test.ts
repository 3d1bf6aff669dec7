import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { refusal as refusal12 } from '../../../ts-core/domain/tpm12/responses.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { OBJECT_QUOTA, refusal as refusal20 } from '../../../ts-core/domain/tpm20/responses.js';
import { getRandom } from '../../support/either-tpm-commands.js';
import { inBare, inMssim, inSwtpm, LOOPBACK, rawClient, startScriptedRig } from './simulator-rig.js';

const ordinaryUser = { ownUid: 990, userMode: false, sandboxGroupGid: undefined, overflowUid: 65534 };

describe('the simulator endpoints', () => {
  it('are those that the configuration enables, and none otherwise', async () => {
    for (const [offer, expected] of [
      [() => ({}), []],
      [inSwtpm, ['swtpm']],
      [inMssim, ['mssim']],
      [inBare, ['bare']],
    ] as const) {
      await using rig = await startScriptedRig(offer);
      const { swtpm, mssim, bare } = rig.endpoints;
      const found = Object.entries({ swtpm, mssim, bare }).filter(([, endpoint]) => endpoint !== undefined);
      assert.deepEqual(
        found.map(([name]) => name),
        expected,
      );
    }
  });

  it('listen on the ports that the system chooses if none is configured', async () => {
    const everything = { data: LOOPBACK, control: LOOPBACK, command: LOOPBACK, platform: LOOPBACK };
    await using rig = await startScriptedRig(() => ({ swtpm: everything, mssim: everything, bare: LOOPBACK }));
    const { swtpm, mssim, bare } = rig.endpoints;
    const ports = [swtpm?.ports.data, swtpm?.ports.control, mssim?.ports.command, mssim?.ports.platform, bare?.port];
    assert.ok(ports.every((port) => port !== undefined && port > 0));
    assert.equal(new Set(ports).size, 5);
  });

  it('leave nothing listening if one of their addresses cannot be used', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tpmtbs-sim-'));
    const offer = () => ({ ...inSwtpm(directory), bare: { host: '192.0.2.1', port: 0 } });
    try {
      await assert.rejects(startScriptedRig(offer), { symbol: 'TBS_E_BAD_PARAMETER' });
      for (const socket of ['s', 's.ctrl']) {
        await assert.rejects(rawClient({ path: join(directory, socket) }), /ENOENT|ECONNREFUSED/);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('close their connections and contexts with them', async () => {
    const rig = await startScriptedRig(inSwtpm);
    const client = await rawClient({ path: join(rig.directory, 's') });
    client.send(getRandom('2.0', 8));
    await client.receive(20);
    await rig.endpoints.close();
    await client.untilClosed();
    assert.equal(rig.opener.connections[0]?.isClosed, true);
    await rig[Symbol.asyncDispose]();
  });
});

describe('refusals on simulator endpoints', () => {
  it('are TPM responses in the layer of a resource manager', async () => {
    await using rig = await startScriptedRig(inBare);
    rig.opener.refuseWith = new TbsError('TPM_E_COMMAND_BLOCKED');
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.deepEqual(new Uint8Array(await client.receive(10)), refusal20(RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_CODE));
  });

  it('are returned for each command while no context can be opened', async () => {
    await using rig = await startScriptedRig(inBare);
    rig.opener.refuseContextWith = new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS');
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.deepEqual(new Uint8Array(await client.receive(10)), refusal20(OBJECT_QUOTA));
    client.send(getRandom('1.2', 8));
    assert.deepEqual(new Uint8Array(await client.receive(10)), refusal12(TPM_RESULT.RESOURCES));
    rig.opener.refuseContextWith = undefined;
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(20)).readUInt32BE(6), 0);
  });

  it('close the connection of a peer that cannot be identified', async () => {
    await using rig = await startScriptedRig(inBare, {
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
    await using rig = await startScriptedRig(inBare, { rules: ordinaryUser });
    const client = await rawClient({ port: rig.endpoints.bare?.port ?? 0 });
    client.send(getRandom('2.0', 8));
    assert.equal((await client.receive(20)).readUInt32BE(6), 0);
  });
});
