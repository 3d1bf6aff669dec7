/**
 * Tests the scripts that administrators deploy (examples/startup.ps1, examples/login.ps1), run as at a start-up or a
 * login.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALICE, BOB, canBecomeOthers, connectAs, type TestUser } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { findPowerShell, type PowerShellProgram } from '../support/powershell.js';
import { readableCopyOf, readableRepository } from '../support/readable-repository.js';
import { createPrimaryEcc, handleIn, SIGNING_KEY, signWith } from '../support/tpm20-commands.js';

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  readonly seconds: number;
}

/** A time-out for tests that do not measure the time, since other tests may keep this machine busy. */
const PATIENT: readonly string[] = ['-TimeoutSeconds', '60'];

/** The time for PowerShell itself, the module and this machine's load, in addition to a script's own time-out. */
const START_SECONDS = 15;

describe('the example scripts', function () {
  // A machine without PowerShell fetches it first.
  this.timeout(300_000);
  let powershell: PowerShellProgram;
  let folder: string;

  before(async () => {
    powershell = await findPowerShell();
    folder = await mkdtemp(join(tmpdir(), 'tbs-examples-'));
    await chmod(folder, 0o755);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Returns the paths of a PowerShell and of examples that other users can run. */
  function forOthers(): { program: string; examples: string } {
    const folder = powershell.isInstalled ? powershell.folder : readableCopyOf(powershell.folder);
    return { program: join(folder, 'pwsh'), examples: join(readableRepository(), 'examples') };
  }

  async function runScript(
    script: string,
    socket: string,
    args: readonly string[] = [],
    user?: TestUser,
  ): Promise<Outcome> {
    const own = { program: powershell.path, examples: join(REPOSITORY, 'examples') };
    const { program, examples } = user === undefined ? own : forOthers();
    const become =
      user === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
    const [first, ...rest] = [...become, program, '-NoProfile', '-NonInteractive', '-File', join(examples, script)];
    const began = performance.now();
    const child = spawn(first as string, [...rest, ...args], {
      env: { ...process.env, TPMTBS_SOCKET: socket, HOME: folder },
      cwd: '/',
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

  it('startup.ps1 enforces policy and provisions without output, also if there is nothing to do', async () => {
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

  it('startup.ps1 reports each problem in one line, and their number in its exit code', async () => {
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

  it('login.ps1 reports that the TPM is not provisioned, with exit code 3', async () => {
    await using daemon = await TestDaemon.start();
    const { code, errors } = await runScript('login.ps1', daemon.rpcSocket, PATIENT);
    assert.equal(code, 3);
    assert.match(errors, /not set up/);
  });

  it('startup.ps1 names the setting that is not as required because another source sets it', async () => {
    // The broker reads this file after the one that Set-TbsPolicy writes.
    const others = { 'zz.json': { standardUserAuthorizationFailureDurationMinutes: 30 } };
    await using daemon = await TestDaemon.start({ policy: others });
    const required = join(folder, 'an-hour.json');
    await writeFile(required, JSON.stringify({ standardUserAuthorizationFailureDurationMinutes: 60 }));
    const { code, errors } = await runScript('startup.ps1', daemon.rpcSocket, ['-Policy', required, ...PATIENT]);
    const [difference, warning, ...rest] = errors.trimEnd().split('\n');
    const name = 'standardUserAuthorizationFailureDurationMinutes';
    assert.equal(difference, `tpm: policy: ${name} is 30 and not 60; Get-TbsPolicy tells what sets it`);
    assert.match(warning ?? '', /^tpm: Policy has 1 problem\(s\).*zz\.json sets it/);
    assert.deepEqual(rest, []);
    assert.equal(code, 2);
  });

  it('login.ps1 shows when the lockout ends only to a locked-out user, with exit code 2', async function () {
    if (!canBecomeOthers()) this.skip();
    await using daemon = await TestDaemon.start();
    const root = await daemon.connect();
    await root.call('tpm/initialize');
    await guessFourTimes(ALICE, daemon);
    const told = await runScript('login.ps1', daemon.rpcSocket, PATIENT, ALICE);
    assert.equal(told.code, 2, told.errors);
    assert.match(told.errors, /^Too many wrong TPM passwords: you can use keys with a password again at .*\d.*\.\n$/);
    assert.deepEqual(heard(await runScript('login.ps1', daemon.rpcSocket, PATIENT, BOB)), quiet);
    assert.deepEqual(heard(await runScript('login.ps1', daemon.rpcSocket, PATIENT)), quiet);
    root.close();
  });

  it('login.ps1 shows to every user except root when a lockout of all standard users ends', async function () {
    if (!canBecomeOthers()) this.skip();
    const policy = { '10.json': { standardUserAuthorizationFailureTotalThreshold: 4 } };
    await using daemon = await TestDaemon.start({ policy });
    const root = await daemon.connect();
    await root.call('tpm/initialize');
    await guessFourTimes(ALICE, daemon);
    const told = await runScript('login.ps1', daemon.rpcSocket, PATIENT, BOB);
    assert.equal(told.code, 2, told.errors);
    assert.match(told.errors, /^Too many wrong TPM passwords on this machine: .* work again at .*\d.*\.\n$/);
    assert.deepEqual(heard(await runScript('login.ps1', daemon.rpcSocket, PATIENT)), quiet);
    root.close();
  });

  for (const [script, seconds] of [
    ['login.ps1', 2],
    ['startup.ps1', 3],
  ] as const) {
    it(`${script} ends in time with exit code 1 and a line if there is no broker`, async () => {
      const args = ['-TimeoutSeconds', String(seconds)];
      const outcome = await runScript(script, join(folder, 'nobody.sock'), args);
      assert.equal(outcome.code, 1);
      assert.equal(outcome.errors.trim().split('\n').length, 1, outcome.errors);
      assert.ok(outcome.seconds < seconds + START_SECONDS, `${outcome.seconds} s`);
    });

    it(`${script} ends in time with exit code 1 and a line if the broker accepts the call and hangs`, async () => {
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

async function guessFourTimes(user: TestUser, daemon: TestDaemon): Promise<void> {
  const client = await connectAs(user, daemon.rpcSocket);
  const contextId = await client.open();
  const key = handleIn(await client.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
  for (let guess = 0; guess < 4; guess++) await client.submit(contextId, signWith(key, 'wrong'));
  client.close();
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
