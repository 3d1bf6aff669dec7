/** The scripts that administrators deploy (examples/startup.ps1, examples/login.ps1), as a start-up or a login runs them. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ALICE, canBecomeOthers, connectAs, type TestUser } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { createPrimaryEcc, handleIn, SIGNING_KEY, signWith } from '../support/tpm-commands.js';

interface PowerShellProgram {
  readonly path: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  readonly seconds: number;
}

/** Where it is not the time that is tried: other tests may keep this machine busy. */
const PATIENT: readonly string[] = ['-TimeoutSeconds', '60'];

/** What PowerShell itself, the module and this machine's load take beside the time that a script allows itself. */
const START_SECONDS = 15;

describe('the example scripts', function () {
  // The host of the PowerShell engine is built here on a machine that has neither it nor pwsh.
  this.timeout(300_000);
  let powershell: PowerShellProgram;
  let folder: string;

  before(async () => {
    const tools = pathToFileURL(join(REPOSITORY, 'tools', 'pwsh.mjs')).href;
    const { findPowerShell } = (await import(tools)) as { findPowerShell(): Promise<PowerShellProgram> };
    powershell = await findPowerShell();
    folder = await mkdtemp(join(tmpdir(), 'tbs-examples-'));
    await chmod(folder, 0o755);
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  function runScript(script: string, socket: string, args: readonly string[] = [], user?: TestUser): Promise<Outcome> {
    const own = [...powershell.args, '-NoProfile', '-NonInteractive', '-File', join(REPOSITORY, 'examples', script)];
    const as = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
    const whole = user === undefined ? [...own, ...args] : [...as, powershell.path, ...own, ...args];
    const began = performance.now();
    const child = spawn(user === undefined ? powershell.path : 'setpriv', whole, {
      env: { ...process.env, TPMTBS_SOCKET: socket, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += String(data)));
    child.stderr.on('data', (data) => (errors += String(data)));
    return new Promise((resolve) =>
      child.once('close', (code) => {
        resolve({ code, output, errors, seconds: (performance.now() - began) / 1000 });
      }),
    );
  }

  const quiet = { code: 0, output: '', errors: '' };
  const heard = ({ code, output, errors }: Outcome) => ({ code, output, errors });

  it('startup.ps1 enforces policy, provisions, and is quiet; and quiet again when nothing is left to do', async () => {
    await using daemon = await TestDaemon.start();
    const required = join(folder, 'required.json');
    await writeFile(required, JSON.stringify({ standardUserAuthorizationFailureTotalThreshold: 7 }));
    assert.deepEqual(heard(await runScript('startup.ps1', daemon.rpcSocket, ['-Policy', required, ...PATIENT])), quiet);
    const client = await daemon.connect();
    const { settings } = await client.call<{ settings: { name: string; value: unknown }[] }>('policy/get');
    const threshold = settings.find(({ name }) => name === 'standardUserAuthorizationFailureTotalThreshold');
    assert.equal(threshold?.value, 7);
    assert.equal((await client.call<{ tpmReady: boolean }>('tpm/get')).tpmReady, true);
    assert.deepEqual(heard(await runScript('startup.ps1', daemon.rpcSocket, ['-Policy', required, ...PATIENT])), quiet);
    assert.deepEqual(heard(await runScript('login.ps1', daemon.rpcSocket, PATIENT)), quiet);
    client.close();
  });

  it('startup.ps1 tells each thing that is wrong in a line, and counts them in its exit code', async () => {
    await using daemon = await TestDaemon.start({ policy: { '10.json': { activeDirectoryBackup: true } } });
    const { code, output, errors } = await runScript('startup.ps1', daemon.rpcSocket, [
      ...['-Policy', '/nonexistent.json'],
      ...PATIENT,
    ]);
    const lines = errors.trim().split('\n');
    assert.equal(output, '');
    assert.equal(code, lines.length);
    assert.match(lines[0] as string, /^tpm: policy: .*nonexistent/);
    assert.match(lines[1] as string, /^tpm: provisioning: .*domain/i);
  });

  it('login.ps1 says that the TPM is not set up, with exit code 3', async () => {
    await using daemon = await TestDaemon.start();
    const { code, errors } = await runScript('login.ps1', daemon.rpcSocket, PATIENT);
    assert.equal(code, 3);
    assert.match(errors, /not set up/);
  });

  it('login.ps1 tells a locked-out user until when, with exit code 2, and nobody else', async function () {
    // Other users' identities can only be taken by root, and a clone below a closed folder is not theirs to read.
    if (!canBecomeOthers() || !isReadableBy(ALICE)) this.skip();
    // At this level the storage hierarchy keeps its empty authorization, with which users make keys.
    await using daemon = await TestDaemon.start({ policy: { '10.json': { osManagedAuthLevel: 5 } } });
    const root = await daemon.connect();
    await root.call('tpm/initialize');
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
    for (let guess = 0; guess < 4; guess++) await alice.submit(contextId, signWith(key, 'wrong'));
    const told = await runScript('login.ps1', daemon.rpcSocket, PATIENT, ALICE);
    assert.equal(told.code, 2, told.errors);
    assert.match(told.errors, /Too many wrong TPM passwords: .* again at .*\d/);
    const other = await runScript('login.ps1', daemon.rpcSocket, PATIENT, { uid: 61002, gid: 61002 });
    assert.deepEqual(heard(other), quiet);
    alice.close();
    root.close();
  });

  for (const [script, seconds] of [
    ['login.ps1', 2],
    ['startup.ps1', 3],
  ] as const) {
    it(`${script} ends in its time with exit code 1 and a line when there is no broker`, async () => {
      const args = ['-TimeoutSeconds', String(seconds)];
      const outcome = await runScript(script, join(folder, 'nobody.sock'), args);
      assert.equal(outcome.code, 1);
      assert.equal(outcome.errors.trim().split('\n').length, 1, outcome.errors);
      assert.ok(outcome.seconds < seconds + START_SECONDS, `${outcome.seconds} s`);
    });

    it(`${script} ends in its time with exit code 1 and a line when the broker takes the call and hangs`, async () => {
      const path = join(folder, `hung-${seconds}.sock`);
      const hung = await hungBroker(path);
      try {
        const outcome = await runScript(script, path, ['-TimeoutSeconds', String(seconds)]);
        assert.equal(outcome.code, 1, outcome.errors);
        assert.match(outcome.errors, /does not answer/);
        assert.equal(outcome.errors.trim().split('\n').length, 1, outcome.errors);
        assert.ok(outcome.seconds < seconds + START_SECONDS, `${outcome.seconds} s`);
      } finally {
        hung.close();
      }
    });
  }
});

function isReadableBy({ uid, gid }: TestUser): boolean {
  const as = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  return spawnSync('setpriv', [...as, 'test', '-r', join(REPOSITORY, 'examples', 'login.ps1')]).status === 0;
}

function hungBroker(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.unref();
    });
    server.listen(path, () => resolve(server));
  });
}
