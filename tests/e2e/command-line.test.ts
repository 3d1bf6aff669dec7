/** Tests `tbs` against a real broker. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALICE, asUser, canBecomeOthers } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import { readableRepository } from '../support/readable-repository.js';
import { command, createPrimaryEcc, createPrimaryRsa, getRandom, SIGNING_KEY } from '../support/tpm20-commands.js';

/** Returns bytes in hexadecimal, as a person types them. */
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const RANDOM = hex(getRandom(8));
const REGISTRY_POL = fileURLToPath(new URL('../../../tests/fixtures/group-policy/baseline.pol', import.meta.url));

describe('tbs', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;

  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(() => daemon[Symbol.asyncDispose]());

  function tbs(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(NODE, [TBS, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
    });
  }

  function json(...args: string[]): Record<string, unknown> {
    const { stdout, stderr } = tbs(...args, '--json');
    assert.equal(stderr, '');
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('shows the status as plain text when piped, and as JSON', () => {
    const { stdout, status } = tbs('status');
    assert.equal(status, 0);
    assert.match(stdout, /^TPM\t2\.0, IBM/m);
    assert.ok(!stdout.includes('\u001b'), 'no colours in a pipe');
    assert.equal(json('status')['state'], 'running');
  });

  it('shows the cost of commands, separate for the types of keys that they create, even when piped', () => {
    const commands = { 'RSA 2048': createPrimaryRsa(1, 2048), 'ECC P-256': createPrimaryEcc('', SIGNING_KEY.noDa) };
    for (const command of Object.values(commands)) assert.equal(tbs('submit', command.toString('hex')).status, 0);
    const { stdout } = tbs('status');
    for (const keyType of Object.keys(commands))
      assert.match(stdout, new RegExp(`^TPM2_CreatePrimary \\(0x131\\)\\t${keyType}\\t1\\t`, 'm'));
    assert.match(stdout, /^Wait\tabout [\d.]+ ms for a command submitted now/m);
  });

  it('submits a command and prints the response', () => {
    const result = json('submit', RANDOM);
    assert.equal(result['responseName'], 'TPM_RC_SUCCESS');
    const raw = spawnSync(NODE, [TBS, 'submit', '--raw', RANDOM], {
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
    });
    assert.equal(raw.stdout.length, 20);
  });

  it('exits with 2 when the TPM’s response is an error', () => {
    assert.equal(tbs('submit', hex(command('GetRandom', []))).status, 2);
  });

  it('blocks and unblocks a command in the local list, and shows how to lift the block', () => {
    assert.equal(tbs('block', 'add', 'TPM2_GetRandom').status, 0);
    const refused = tbs('submit', RANDOM);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^tbs: TPM_E_COMMAND_BLOCKED: /);
    const why = tbs('block', 'test', '379');
    assert.equal(why.status, 2);
    assert.match(why.stdout, /Remove-TbsCommandBlock/);
    assert.equal(tbs('block', 'remove', '0x17B').status, 0);
    assert.equal(tbs('block', 'test', 'GetRandom').status, 0);
  });

  it('grants a command to a class and revokes it', () => {
    assert.equal(tbs('grant', 'TPM2_ClockSet', '--class', 'standard-user').status, 0);
    assert.equal(tbs('block', 'test', 'TPM2_ClockSet', '--class', 'standard-user').status, 0);
    assert.equal(tbs('revoke', 'TPM2_ClockSet', '--class', 'standard-user').status, 0);
    assert.equal(tbs('block', 'test', 'TPM2_ClockSet', '--class', 'standard-user').status, 2);
  });

  it('takes several commands, and several settings, in one call', () => {
    const verdicts = (...classes: readonly string[]): (number | null)[] =>
      ['ChangeEPS', 'ChangePPS'].flatMap((name) =>
        classes.map((callerClass) => tbs('block', 'test', name, '--class', callerClass).status),
      );
    assert.equal(tbs('grant', 'ChangeEPS', 'ChangePPS', '--class', 'administrator').status, 0);
    assert.deepEqual(verdicts('administrator', 'standard-user'), [0, 2, 0, 2]);
    assert.equal(tbs('revoke', 'ChangeEPS', 'ChangePPS', '--class', 'administrator').status, 0);
    assert.deepEqual(verdicts('administrator'), [2, 2]);
    const planned = json('policy', 'set', 'maxContexts=900', 'maxResources=400', '--dry-run');
    assert.equal((planned['differences'] as unknown[]).length, 2);
  });

  it('lists every known command', () => {
    const lines = tbs('block', 'list').stdout.trim().split('\n');
    assert.ok(lines.length > 100);
    assert.match(lines.join('\n'), /^0x17B\tTPM2_GetRandom\tallowed\tallowed\tallowed$/m);
  });

  it('shows, changes, compares and exports policy', () => {
    assert.match(tbs('policy', 'show').stdout, /^standardUserAuthorizationFailureTotalThreshold\t9\tdefault$/m);
    const planned = json('policy', 'set', 'standardUserAuthorizationFailureTotalThreshold=8', '--dry-run');
    assert.equal((planned['differences'] as unknown[]).length, 1);
    assert.equal(tbs('policy', 'set', 'standardUserAuthorizationFailureTotalThreshold=8').status, 0);
    const file = join(daemon.folder, 'exported.json');
    assert.equal(tbs('policy', 'export', file).status, 0);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).standardUserAuthorizationFailureTotalThreshold, 8);
    assert.equal(tbs('policy', 'test', file).status, 0);
    writeFileSync(file, '{"standardUserAuthorizationFailureTotalThreshold": 7}');
    assert.equal(tbs('policy', 'test', file).status, 2);
    const fromInput = spawnSync('sh', ['-c', `${NODE} ${TBS} policy test - <${file}`], {
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
    });
    assert.equal(fromInput.status, 2, 'the same file as standard input');
    assert.equal(tbs('policy', 'set', 'standardUserAuthorizationFailureTotalThreshold=').status, 0);
    assert.match(tbs('policy', 'show').stdout, /^standardUserAuthorizationFailureTotalThreshold\t9\tdefault$/m);
  });

  it('imports a Registry.pol, and refuses a damaged one', () => {
    const file = join(daemon.folder, 'Registry.pol');
    writeFileSync(file, readFileSync(REGISTRY_POL).subarray(0, 100));
    const damaged = tbs('policy', 'import', file);
    assert.equal(damaged.status, 1);
    assert.match(damaged.stderr, /TBS_E_BAD_PARAMETER/);
    copyFileSync(REGISTRY_POL, file);
    assert.match(tbs('policy', 'import', file).stdout, /^blockedCommands\t\[129,170\]\t/m);
  });

  it('shows the lockout, the level, resources and events', () => {
    assert.match(tbs('lockout', 'show').stdout, /^Window\t480 minutes$/m);
    assert.equal(tbs('lockout', 'reset').status, 0);
    assert.equal(json('auth-level', 'get')['levelName'], 'Full');
    assert.equal(tbs('resources').status, 0);
    assert.match(tbs('events', '--recent', '1000').stdout, /listChanged/);
  });

  it('exits with 64 after wrong usage and with 69 without a broker', () => {
    assert.equal(tbs('frobnicate').status, 64);
    assert.equal(tbs('submit', 'xyz').status, 64);
    assert.equal(tbs('status', '--socket', join(daemon.folder, 'nobody')).status, 69);
  });

  it('names the arguments that are missing, with an example, in every language', () => {
    const missing = (...args: readonly string[]) => {
      const { status, stderr } = tbs(...args);
      assert.equal(status, 64, args.join(' '));
      return stderr;
    };
    assert.equal(
      missing('report'),
      'tbs: usage: <file> is missing: tbs report <file>\n  For example: tbs report tpm.html\n',
    );
    assert.match(
      missing('dsc'),
      /^tbs: usage: <resource> and <operation> are missing: tbs dsc <resource> <operation>\n/,
    );
    assert.match(missing('dsc', 'policy'), /^tbs: usage: <operation> is missing: /);
    assert.match(missing('grant', '--class', 'standard-user'), /^tbs: usage: <command> is missing: /);
    const { LC_ALL } = process.env;
    process.env['LC_ALL'] = 'de_DE.UTF-8';
    try {
      assert.match(missing('action', 'register'), /^tbs: usage: <script> is missing: .*\n {2}For example: .* --kind /);
    } finally {
      if (LC_ALL === undefined) delete process.env['LC_ALL'];
      else process.env['LC_ALL'] = LC_ALL;
    }
  });

  it('names an option that needs a number, and exits with 64', () => {
    for (const [option, ...args] of [
      ['timeout', 'submit', RANDOM, '--timeout', '-1'],
      ['timeout', 'submit', RANDOM, '--timeout', 'soon'],
      ['locality', 'submit', RANDOM, '--locality', 'x'],
      ['recent', 'events', '--recent', '-5'],
      ['recent', 'events', '--recent', '1.5'],
    ]) {
      const { status, stderr } = tbs(...args);
      assert.equal(status, 64, args.join(' '));
      assert.match(stderr, new RegExp(`^tbs: usage: --${option} must be a number`), args.join(' '));
    }
  });

  it('uses the last value of an option that is given twice', () => {
    assert.equal(tbs('status', '--socket', '/nonexistent', '--socket', daemon.rpcSocket).status, 0);
  });

  it('reports that the broker ended the connection, and exits with 69', async () => {
    const folder = join(daemon.folder, 'hangs-up');
    mkdirSync(folder);
    const path = join(folder, 'rpc.sock');
    const program = `require('node:net').createServer((socket) => socket.destroy()).listen(${JSON.stringify(path)})`;
    const other = spawn(process.execPath, ['-e', program]);
    try {
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const args of [['status'], ['events', '--follow']]) {
        const { status, stderr } = tbs(...args, '--socket', path);
        assert.match(stderr, /^tbs: TBS_E_SERVICE_NOT_RUNNING: The broker ended the connection/);
        assert.equal(status, 69);
      }
    } finally {
      other.kill();
    }
  });

  it('leaves no file behind for a new owner authorization that the broker refused', function () {
    if (!canBecomeOthers()) this.skip();
    const folder = join(daemon.folder, 'of-alice');
    mkdirSync(folder);
    chownSync(folder, ALICE.uid, ALICE.gid);
    const file = join(folder, 'owner.tpm');
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(readableRepository(), 'bin', 'tbs.js'), 'auth-level', 'set', 'delegated', '--new-file', file, '--yes'],
      {
        uid: ALICE.uid,
        gid: ALICE.gid,
        cwd: '/',
        encoding: 'utf8',
        env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
      },
    );
    assert.match(stderr, /^tbs: TBS_E_ACCESS_DENIED/);
    assert.equal(status, 1);
    assert.equal(existsSync(file), false);
  });

  it('counts immediate refusals among the refused commands', () => {
    const refused = () => Number(/(\d+) refused/.exec(tbs('status').stdout)?.[1]);
    const before = refused();
    assert.equal(tbs('submit', '8001').status, 1);
    assert.equal(tbs('submit', hex(command(0xfff, []))).status, 1);
    assert.equal(refused(), before + 2);
  });

  describe('on a terminal of 80 columns', () => {
    function runOnTerminal(input: string, ...args: string[]) {
      const command = `stty cols 80; ${NODE} ${TBS} ${args.join(' ')}`;
      return spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        timeout: 30_000,
        input,
        env: { ...process.env, NO_COLOR: '1', TPMTBS_SOCKET: daemon.rpcSocket },
      });
    }

    function onTerminal(...args: string[]): readonly string[] {
      return runOnTerminal('', ...args)
        .stdout.trimEnd()
        .split('\r\n');
    }

    it('shows the whole name of every command', () => {
      const lines = onTerminal('block', 'list');
      assert.match(lines[0] ?? '', /^Code +Command +Admin +User +App$/);
      assert.ok(
        lines.some((line) => / {2}TPM2_DictionaryAttackParameters {2}allowed {2}blocked {2}blocked$/.test(line)),
      );
      assert.ok(lines.every((line) => line.length <= 80));
    });

    it('wraps texts that are too wide for their column', () => {
      const lines = onTerminal('block', 'test', 'TPM2_Clear', '--class', 'standard-user');
      const table = lines.slice(lines.findIndex((line) => line.startsWith('List')));
      assert.ok(table.every((line) => line.length <= 80));
      const reason = table.map((line) => line.slice((table[0] ?? '').indexOf('Reason'))).join(' ');
      assert.match(reason, /No allowed list of standard users has it\. Destroys every user's keys/);
    });

    it('shows policy in readable form', () => {
      const lines = onTerminal('policy', 'show');
      assert.ok(lines.some((line) => /^disallowedCommands +none +default$/.test(line)));
      assert.ok(lines.some((line) => /^blockedCommands +0x81, 0xAA +/.test(line)));
    });

    it('asks before it changes what others rely on, and does nothing if the answer is no', () => {
      const { stdout, status } = runOnTerminal('n\n', 'tpm', 'initialize', '--close-hierarchies');
      assert.match(stdout, /\[y\/N\]/);
      assert.match(stdout, /notConfirmed: Nothing was done: the answer was no\./);
      assert.equal(status, 1);
    });
  });

  it('names the symbol of a file that cannot be used, in text and as JSON, and exits with 64', () => {
    const missing = join(daemon.folder, 'missing');
    for (const args of [
      ['submit', '--file', join(missing, 'command')],
      ['policy', 'test', join(missing, 'desired.json')],
      ['policy', 'export', join(missing, 'policy.json')],
    ]) {
      const { status, stderr } = tbs(...args);
      assert.ok(stderr.startsWith(`tbs: ENOENT: no such file or directory, open '${missing}/`), args.join(' '));
      assert.equal(status, 64, args.join(' '));
    }
    const { symbol, message } = JSON.parse(tbs('policy', 'test', join(missing, 'a.json'), '--json').stderr) as Record<
      string,
      string
    >;
    assert.equal(symbol, 'ENOENT');
    assert.match(message ?? '', /^no such file/);
  });

  it('ends quietly when the reader of its output stops early', () => {
    const program = `${NODE} ${TBS} block list | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', program], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
    });
    assert.equal(stdout.split('\n').length, 2);
    assert.equal(stderr, '');
  });

  it('refuses to connect to an impostor of the broker: by its folder, its socket or its listener', function () {
    if (!canBecomeOthers()) this.skip();
    const folder = join(daemon.folder, 'stand-in');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const path = join(folder, 'rpc.sock');
    const standIn = createServer((socket) => socket.destroy());
    asUser(ALICE, () => standIn.listen(path));
    const refusal = (what: RegExp) => {
      const { status, stderr } = tbs('status', '--socket', path);
      assert.match(stderr, what);
      assert.match(stderr, /^tbs: TBS_E_ACCESS_DENIED: /);
      assert.equal(status, 1);
    };
    try {
      refusal(/socket .* belongs to user 61001/);
      chownSync(path, 0, 0);
      refusal(/listener at .* runs as user 61001/);
      chownSync(folder, ALICE.uid, ALICE.gid);
      refusal(/folder of .* belongs to user 61001/);
    } finally {
      standIn.close();
    }
  });

  it('prints a completion script', () => {
    assert.match(tbs('completion').stdout, /complete/);
  });
});
