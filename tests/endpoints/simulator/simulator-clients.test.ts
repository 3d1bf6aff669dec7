import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, type SimulatorRig, startRig, type ToolRunner, toolsOver } from './simulator-rig.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** tpm2-tss assumes that the control or platform port follows the first port. */
function portPair() {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  return [
    { host: '127.0.0.1', port },
    { host: '127.0.0.1', port: port + 1 },
  ] as const;
}

const [swtpmData, swtpmControl] = portPair();
const [mssimCommand, mssimPlatform] = portPair();
const unixPair = (directory: string) => [{ path: join(directory, 's') }, { path: join(directory, 's.ctrl') }] as const;

const clients = [
  {
    name: 'the swtpm TCTI over a Unix socket',
    offer: (directory: string) => {
      const [data, control] = unixPair(directory);
      return { swtpm: { data, control } };
    },
    tcti: (directory: string) => `swtpm:path=${join(directory, 's')}`,
  },
  {
    name: 'the swtpm TCTI over TCP',
    offer: () => ({ swtpm: { data: swtpmData, control: swtpmControl } }),
    tcti: () => `swtpm:host=127.0.0.1,port=${swtpmData.port}`,
  },
  {
    name: 'the mssim TCTI over TCP',
    offer: () => ({ mssim: { command: mssimCommand, platform: mssimPlatform } }),
    tcti: () => `mssim:host=127.0.0.1,port=${mssimCommand.port}`,
  },
  {
    name: 'the mssim TCTI over a Unix socket',
    offer: (directory: string) => {
      const [command, platform] = unixPair(directory);
      return { mssim: { command, platform } };
    },
    tcti: (directory: string) => `mssim:path=${join(directory, 's')}`,
  },
];

for (const { name, offer, tcti } of clients) {
  describe(`simulator endpoints: Debian's tpm2-tools with ${name}`, () => {
    let rig: SimulatorRig;
    let run: ToolRunner;
    beforeEach(async () => {
      rig = await startRig(offer);
      run = toolsOver(tcti(rig.directory), rig.directory);
    });
    afterEach(() => rig[Symbol.asyncDispose]());

    it('gets random numbers and reads capabilities', async () => {
      assert.match(await run('tpm2_getrandom', '--hex', '16'), /^[0-9a-f]{32}$/);
      assert.match(await run('tpm2_getcap', 'properties-fixed'), /TPM2_PT_FAMILY_INDICATOR/);
      assert.deepEqual(rig.refusals, []);
    });

    it('creates a key hierarchy, signs and verifies', async () => {
      await writeFile(join(rig.directory, 'message'), 'to be signed');
      await run('tpm2_createprimary', '-Q', '-G', 'ecc', '-c', 'primary.ctx');
      await run('tpm2_flushcontext', '-t');
      await run('tpm2_create', '-Q', '-C', 'primary.ctx', '-G', 'ecc', '-u', 'key.pub', '-r', 'key.priv');
      await run('tpm2_flushcontext', '-t');
      await run('tpm2_load', '-Q', '-C', 'primary.ctx', '-u', 'key.pub', '-r', 'key.priv', '-c', 'key.ctx');
      await run('tpm2_flushcontext', '-t');
      await run('tpm2_sign', '-Q', '-c', 'key.ctx', '-g', 'sha256', '-o', 'signature', 'message');
      await run('tpm2_flushcontext', '-t');
      await run('tpm2_verifysignature', '-Q', '-c', 'key.ctx', '-g', 'sha256', '-m', 'message', '-s', 'signature');
    });

    it('uses one context for a run of a tool, which ends with the tool', async () => {
      await run('tpm2_createprimary', '-Q', '-G', 'ecc', '-c', 'primary.ctx');
      const submissions = rig.opener.connections.map((connection) => connection.submissions);
      const used = submissions.filter((made) => made.length > 0);
      assert.equal(used.length, 1, 'all commands of one process go through one context');
      assert.ok((used[0]?.length ?? 0) >= 2);
      assert.equal(new Set(used[0]?.map((submission) => submission.contextId)).size, 1);
      await eventually(() => rig.opener.openContexts() === 0);
      await eventually(() => rig.opener.connections.every((connection) => connection.isClosed));
    });

    it('identifies the caller and its process', async () => {
      await run('tpm2_getrandom', '--hex', '4');
      const used = rig.opener.connections.filter((connection) => connection.submissions.length > 0);
      for (const { caller } of used) {
        assert.equal(caller.userKey, `uid:${process.getuid?.()}`);
        assert.notEqual(caller.processId, undefined);
      }
    });
  });
}

describe('simulator endpoints', () => {
  it('listen only on loopback', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
      await assert.rejects(
        startRig(() => ({ bare: { host, port: 0 } })),
        /loopback only/,
      );
    }
    await using rig = await startRig(() => ({ bare: LOOPBACK }));
    assert.ok((rig.endpoints.bare?.port ?? 0) > 0);
  });

  it('are off by default', async () => {
    await using rig = await startRig(() => ({}));
    assert.deepEqual([rig.endpoints.swtpm, rig.endpoints.mssim, rig.endpoints.bare], [undefined, undefined, undefined]);
  });
});
