import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, type SimulatorRig, startRig } from './simulator-rig.js';

const run = promisify(execFile);
const TPM_ORD_GET_CAPABILITY = 0x65;

/** User and group id of tss, which tcsd insists on. */
async function tssIds(): Promise<{ uid: number; gid: number }> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const fields = /^tss:.*$/m.exec(passwd)?.[0].split(':') ?? [];
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

describe("bare commands endpoint: trousers' tcsd on its TCP device", () => {
  let rig: SimulatorRig;
  let tcsd: ChildProcess;
  let environment: NodeJS.ProcessEnv;

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip(); // tcsd must be started by root, and becomes tss
    rig = await startRig(() => ({ bare: { host: '127.0.0.1', port: 0 } }), { version: '1.2' });
    const { uid, gid } = await tssIds();
    const port = 40_000 + Math.floor(Math.random() * 20_000);
    const folder = join(rig.directory, 'tcsd');
    await chmod(rig.directory, 0o755);
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, uid, gid);
    const configuration = join(rig.directory, 'tcsd.conf');
    await writeFile(configuration, `port = ${port}\nsystem_ps_file = ${join(folder, 'system.data')}\n`, {
      mode: 0o640,
    });
    await chown(configuration, 0, gid);
    const device = { TCSD_TCP_DEVICE_HOSTNAME: '127.0.0.1', TCSD_TCP_DEVICE_PORT: String(rig.endpoints.bare?.port) };
    tcsd = spawn('tcsd', ['-e', '-f', '-c', configuration], {
      env: { ...process.env, TCSD_USE_TCP_DEVICE: '1', ...device },
      stdio: 'ignore',
    });
    environment = { ...process.env, TSS_TCSD_HOSTNAME: 'localhost', TSS_TCSD_PORT: String(port) };
    await eventually(() =>
      run('tpm_version', { env: environment }).then(
        () => true,
        () => false,
      ),
    );
  });
  after(async () => {
    tcsd?.kill();
    await rig?.[Symbol.asyncDispose]();
  });

  it('tells the version of the TPM', async () => {
    assert.match((await run('tpm_version', { env: environment })).stdout, /TPM 1\.2 Version Info/);
  });

  it('makes an endorsement key and takes ownership', async () => {
    await run('tpm_createek', { env: environment });
    await run('tpm_takeownership', ['-y', '-z'], { env: environment });
    await assert.rejects(run('tpm_takeownership', ['-y', '-z'], { env: environment }), 'it is owned now');
  });

  it('is one caller, tss, with one context for all its connections', async () => {
    const { uid } = await tssIds();
    const used = rig.opener.connections.filter((connection) => connection.submissions.length > 0);
    // tcsd opens its device before it gives root up, and asks for capabilities; everything for its users it does as tss.
    assert.deepEqual(
      used.map(({ caller }) => caller.userKey),
      ['uid:0', `uid:${uid}`],
    );
    const [asRoot, asTss] = used;
    assert.ok(asRoot?.submissions.every(({ command }) => command[9] === TPM_ORD_GET_CAPABILITY));
    assert.equal(asTss?.caller.callerClass, 'standardUser');
    assert.equal(asTss?.caller.processId, tcsd.pid);
    assert.equal(new Set(asTss?.submissions.map(({ contextId }) => contextId)).size, 1);
  });

  it('loses its context when it ends', async () => {
    tcsd.kill();
    await eventually(() => rig.opener.openContexts() === 0);
  });
});
