/**
 * Tests the owner authorization with a real TPM and a real domain controller: while a backup is required, and with
 * SIGKILL at every step.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DirectoryOptions } from '../../ts-core/adapters/directory/directory-options.js';
import { TestDaemon } from '../support/daemon.js';
import { canRunDomainController, DomainController } from '../support/domain-controller.js';
import { startMachine } from '../support/owner-auth-machine.js';
import type { ProcessResult, ProcessTask } from '../support/owner-auth-process.js';
import { RpcFailure } from '../support/rpc-client.js';
import { startSwtpm } from '../support/swtpm.js';

const PASSWORD = 'Comput3r-in-the-lab';
const PROGRAM = fileURLToPath(new URL('../support/owner-auth-process.js', import.meta.url));
const REQUIRED = { activeDirectoryBackup: true, osManagedAuthLevel: 4 } as const;

async function writeCredentials(path: string, computer: string, password = PASSWORD): Promise<string> {
  await writeFile(path, JSON.stringify({ user: `${computer}$@tpmlab.example`, password }), { mode: 0o600 });
  return path;
}

interface DirectoryContent {
  readonly final: string | undefined;
  readonly pending: string | undefined;
}

/**
 * Returns what the directory stores for a computer, in either format, from the server's database: the attributes are
 * confidential.
 */
async function directoryContent(controller: DomainController, name: string): Promise<DirectoryContent> {
  const computer = await controller.read(controller.computerDn(name));
  const target = computer.get('msTPM-TpmInformationForComputer');
  const object = target === undefined ? computer : await controller.read(target);
  return { final: object.get('msTPM-OwnerInformation'), pending: object.get('msTPM-OwnerInformationTemp') };
}

describe('the owner authorization with a domain controller', function () {
  this.timeout(300_000);
  let controller: DomainController;
  let folder: string;
  let credentialsFile: string;

  before(async function () {
    // Samba's provisioning sets ownership and security attributes that only root may set.
    if (!canRunDomainController()) this.skip();
    controller = await DomainController.start({ schema: '2012_R2' });
    folder = await mkdtemp(join(tmpdir(), 'owner-auth-'));
    credentialsFile = join(folder, 'credentials.json');
    for (const name of ['pc1', 'pc2']) await controller.addComputer(name, PASSWORD);
  });
  after(async () => {
    await controller?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const credentialsOf = (computer: string, password = PASSWORD) =>
    writeCredentials(credentialsFile, computer, password);
  const backedUp = (computer: string) => directoryContent(controller, computer);

  for (const { tpmVersion, computer } of [
    { tpmVersion: '2.0', computer: 'pc1' },
    { tpmVersion: '1.2', computer: 'pc2' },
  ] as const) {
    it(`of a TPM ${tpmVersion} reaches the directory before the TPM, and does not change without it`, async () => {
      await using daemon = await TestDaemon.start({
        tpmVersion,
        policy: { '10.json': REQUIRED },
        configuration: {
          directory: {
            server: controller.address,
            caFile: controller.caFile,
            credentialsFile: await credentialsOf(computer),
            computer,
            timeoutMs: 3000,
          },
        },
      });
      const client = await daemon.connect();
      const kept = async () => (await client.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Full' })).ownerAuth;
      assert.equal((await client.call('ownerAuthBackup/test'))['form'], 'windows8');
      assert.equal((await client.call<{ tpmReady: boolean }>('tpm/initialize')).tpmReady, true);
      const first = await kept();
      assert.deepEqual(await backedUp(computer), { final: first, pending: undefined });
      await credentialsOf(computer, 'not the password');
      const refused = await client
        .call('ownerAuth/set', { newOwnerAuth: Buffer.alloc(20, 1).toString('base64') })
        .catch((error: unknown) => error);
      assert.ok(refused instanceof RpcFailure);
      assert.equal(refused.data.details['reason'], 'wrongCredentials');
      await credentialsOf(computer);
      assert.equal(await kept(), first);
      await client.call('tpm/unblock');
      const next = Buffer.alloc(20, 2).toString('base64');
      assert.deepEqual(await client.call('ownerAuth/set', { newOwnerAuth: next }), { kept: true, backup: 'done' });
      assert.deepEqual(await backedUp(computer), { final: next, pending: undefined });
      assert.equal((await client.call('ownerAuthBackup/run'))['pending'], false);
      await daemon.writePolicy('10.json', { activeDirectoryBackup: true });
      let delegated: string | undefined;
      for (let attempt = 0; attempt < 100 && (delegated === undefined || delegated === next); attempt++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        delegated = (await backedUp(computer)).final;
      }
      assert.notEqual(delegated, next, 'Delegated is the default with backup: the directory gets a new value');
      await client.call('tpm/unblock', { ownerAuth: delegated });
    });
  }
});

for (const { schema, form } of [
  { schema: '2012_R2', form: 'Windows 8' },
  { schema: '2008_R2', form: 'Windows 7' },
] as const) {
  describe(`the directory, in the format of ${form},`, function () {
    this.timeout(400_000);
    let controller: DomainController;
    let folder: string;

    before(async function () {
      if (!canRunDomainController()) this.skip();
      controller = await DomainController.start({ schema });
      folder = await mkdtemp(join(tmpdir(), 'owner-auth-'));
    });
    after(async () => {
      await controller?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    for (const version of ['2.0', '1.2'] as const) {
      it(`or the local store knows the value of a TPM ${version} after SIGKILL at every step of a change`, async () => {
        const computer = `pc${version.replace('.', '')}`;
        await controller.addComputer(computer, PASSWORD);
        await using tpm = await startSwtpm({ version, startup: true });
        const home = await mkdtemp(join(folder, 'machine-'));
        const activeDirectory: DirectoryOptions = {
          ...{
            server: controller.address,
            caFile: controller.caFile,
            credentialsFile: await writeCredentials(join(folder, computer), computer),
          },
          ...{ computer, keytabFile: '/etc/krb5.keytab', startTls: false, timeoutMs: 20_000, brokerUid: 0 },
        };
        const options = { version, tpmSocket: tpm.dataPath, folder: home, settings: REQUIRED, activeDirectory };
        const run = async (
          task: Pick<ProcessTask, 'action' | 'killAt' | 'next'>,
        ): Promise<ProcessResult | 'killed'> => {
          try {
            const whole: ProcessTask = { ...options, ...task };
            const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify(whole)]);
            return JSON.parse(stdout) as ProcessResult;
          } catch (error) {
            if ((error as { signal?: string }).signal === 'SIGKILL') return 'killed';
            throw error;
          }
        };
        await run({ action: 'initialize', killAt: 0 });
        if (version === '2.0') {
          await using machine = await startMachine(options);
          const root = { userKey: 'uid:0', callerClass: 'administrator' } as const;
          await machine.owner.tpm.setLockoutParameters(root, { lockoutRecoverySeconds: 1 }, undefined);
        }
        let kills = 0;
        for (let killAt = 1; ; killAt++) {
          const next = Buffer.alloc(20, killAt).toString('base64');
          if ((await run({ action: 'set', next, killAt })) !== 'killed') break;
          kills++;
          const recovered = await run({ action: 'recover', killAt: 0 });
          assert.ok(recovered !== 'killed' && recovered.settled && recovered.kept !== null, `step ${killAt}`);
          // A pending value that the TPM never got may stay beside it.
          const { final } = await directoryContent(controller, computer);
          assert.equal(final, recovered.kept, `step ${killAt}: once recovery is done, the directory has the value`);
        }
        assert.ok(kills >= 8, `${kills} steps`);
      });
    }
  });
}
