/** Tests tpm-tools with trousers' tcsd, which uses the broker, on a TPM 1.2: docs/trousers.md. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { startTcsd, type Tcsd } from '../support/tcsd.js';

const NEEDED_TO_TAKE_OWNERSHIP = ['TPM_TakeOwnership', 'TPM_CreateEndorsementKeyPair'];
const NEEDED_FOR_NV = ['TPM_NV_DefineSpace', 'TPM_NV_WriteValue'];
const TPM_AUTHFAIL = /code=0001 /;
const TPM_E_COMMAND_BLOCKED = /code=0400 /;
const TPM_DEFEND_LOCK_RUNNING = /code=0803 /;

interface ToolResult {
  readonly code: number;
  readonly output: string;
}

function succeeded(result: ToolResult): string {
  assert.equal(result.code, 0, result.output);
  return result.output;
}

describe('trousers with the broker', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let tcsd: Tcsd;

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip(); // tcsd runs as another user, tss
    const tpmPort = await freePort();
    daemon = await TestDaemon.start({
      tpmVersion: '1.2',
      configuration: { simulator: { bare: `tcp:127.0.0.1:${tpmPort}` } },
    });
    tcsd = await startTcsd({ port: tpmPort });
  });
  after(async () => {
    await tcsd?.stop();
    await daemon?.[Symbol.asyncDispose]();
  });

  async function tool(name: string, ...args: readonly string[]): Promise<ToolResult> {
    try {
      return { code: 0, output: await tcsd.run(name, ...args) };
    } catch (error) {
      const failure = error as { code?: number; stdout?: string; stderr?: string };
      return { code: failure.code ?? -1, output: `${failure.stdout ?? ''}${failure.stderr ?? ''}` };
    }
  }

  async function grant(commands: readonly string[]): Promise<void> {
    const client = await daemon.connect();
    await client.call('commandGrant/add', { commands, callerClass: 'standardUser' });
    client.close();
  }

  it('reports the TPM’s version', async () => {
    assert.match(succeeded(await tool('tpm_version')), /TPM 1\.2 Version Info/);
    assert.match(succeeded(await tool('tpm_selftest')), /TPM Test Results/);
  });

  it('takes no ownership until an administrator permits it', async () => {
    const refused = await tool('tpm_createek');
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, TPM_E_COMMAND_BLOCKED);
  });

  it('takes ownership after an administrator has permitted it', async () => {
    await grant(NEEDED_TO_TAKE_OWNERSHIP);
    succeeded(await tool('tpm_createek'));
    succeeded(await tool('tpm_takeownership', '-z', '-y'));
    assert.match(succeeded(await tool('tpm_getpubek', '-z')), /Public Endorsement Key/);
  });

  it('defines, writes and reads NV space', async () => {
    const index = '0x00011101';
    const define = ['-i', index, '-s', '16', '-p', 'OWNERREAD|OWNERWRITE', '-y', '-z'];
    assert.match((await tool('tpm_nvdefine', ...define)).output, TPM_E_COMMAND_BLOCKED);
    await grant(NEEDED_FOR_NV);
    succeeded(await tool('tpm_nvdefine', ...define));
    succeeded(await tool('tpm_nvwrite', '-i', index, '-d', 'hello', '-z'));
    assert.match(succeeded(await tool('tpm_nvread', '-i', index, '-z')), /68 65 6c 6c 6f/);
    assert.match(succeeded(await tool('tpm_nvinfo')), /0x00011101/);
  });

  it('seals and unseals, with and without PCRs, many times over', async () => {
    const secret = join(daemon.folder, 'secret');
    const sealed = join(daemon.folder, 'sealed');
    const unsealed = join(daemon.folder, 'unsealed');
    await writeFile(secret, 'kept by the TPM');
    for (const pcr of [[], ['-p', '10'], [], ['-p', '10', '-p', '11'], []]) {
      succeeded(await tool('tpm_sealdata', '-z', ...pcr, '-i', secret, '-o', sealed));
      succeeded(await tool('tpm_unsealdata', '-z', '-i', sealed, '-o', unsealed));
      assert.equal(await readFile(unsealed, 'utf8'), 'kept by the TPM');
    }
  });

  it('serves several tools at once', async () => {
    const secret = join(daemon.folder, 'secret');
    await writeFile(secret, 'kept by the TPM');
    const seal = (index: number) =>
      tool('tpm_sealdata', '-z', '-i', secret, '-o', join(daemon.folder, `sealed-${index}`));
    for (const result of await Promise.all([1, 2, 3, 4].map(seal))) succeeded(result);
  });

  it('is one caller, tss, whose users share one failure budget', async () => {
    const client = await daemon.connect();
    const wrongOwner = () => tool('tpm_nvdefine', '-i', '0x00011102', '-s', '4', '-p', 'OWNERWRITE', '-owrong', '-z');
    for (let attempt = 0; attempt < 4; attempt++) assert.match((await wrongOwner()).output, TPM_AUTHFAIL);
    assert.match((await wrongOwner()).output, TPM_DEFEND_LOCK_RUNNING);
    assert.match((await tool('tpm_nvread', '-i', '0x00011101', '-z')).output, TPM_DEFEND_LOCK_RUNNING);
    succeeded(await tool('tpm_version'));
    const { users } = await client.call<{ users: { userName: string; failures: number; lockedOut: boolean }[] }>(
      'lockout/get',
    );
    assert.deepEqual(
      users.map(({ userName, failures, lockedOut }) => ({ userName, failures, lockedOut })),
      [{ userName: 'tss', failures: 4, lockedOut: true }],
    );
    await client.call('lockout/reset', { user: 'tss' });
    succeeded(await tool('tpm_nvread', '-i', '0x00011101', '-z'));
    client.close();
  });

  it('leaves nothing behind when it ends', async () => {
    const client = await daemon.connect();
    await tcsd.stop();
    for (let attempt = 0; ; attempt++) {
      const { resources } = await client.call<{ resources: unknown[] }>('resource/list');
      if (resources.length === 0) break;
      assert.ok(attempt < 100, 'its resources are flushed');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    client.close();
  });
});
