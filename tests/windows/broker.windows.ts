/**
 * Tests the whole broker: tbsd on a named pipe, with its state and policy in the registry and a swtpm over TCP as its
 * TPM.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dword } from '../support/registry-pol-writer.js';
import { addon, ownSid, runNode, uniquePipeName } from './pipe-rig.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const TBSD = join(REPOSITORY, 'bin', 'tbsd.js');
const TBS = join(REPOSITORY, 'bin', 'tbs.js');
const POLICY = 'Software\\Policies\\Microsoft\\TPM';
const REG_DWORD = 4;
/** TPM2_Clear(TPM_RH_LOCKOUT) with an empty password. */
const CLEAR = '80020000001B000001264000000A00000009400000090000000000';

describe('tbsd on Windows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tpmtbs-'));
  const pipe = uniquePipeName();
  const configurationFile = join(folder, 'tbsd.json');
  const log = join(folder, 'tbsd.log');
  const running: ChildProcess[] = [];

  before(async () => {
    const swtpm = {
      data: process.env['TPMTBS_TEST_SWTPM_DATA'],
      control: process.env['TPMTBS_TEST_SWTPM_CONTROL'],
    };
    const configuration = {
      transport: { kind: 'swtpm', swtpm },
      sockets: { rpc: pipe },
      stateFolder: join(folder, 'state'),
      policy: { folder: join(folder, 'policy.d'), pollMs: 500 },
      audit: { path: join(folder, 'audit.jsonl') },
      log: { path: log, level: 'debug' },
    };
    writeFileSync(configurationFile, JSON.stringify(configuration));
    await startBroker();
  });
  after(() => {
    for (const child of running) child.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startBroker(): Promise<void> {
    rmSync(log, { force: true });
    const descriptor = openSync(join(folder, 'output.txt'), 'w');
    const child = spawn(process.execPath, [TBSD, '--config', configurationFile], {
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    running.push(child);
    for (let waitedMs = 0; !existsSync(log) || !readFileSync(log, 'utf8').includes('"ready"'); waitedMs += 100) {
      const output = readFileSync(join(folder, 'output.txt'), 'utf8');
      assert.ok(waitedMs < 60_000 && child.exitCode === null, `the broker did not start: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const tbs = async (args: readonly string[], as: 'self' | 'standardUser' = 'self') => {
    const ended = await runNode([TBS, '--socket', pipe, '--json', ...args], as);
    return { ...ended, json: ended.code === 0 ? JSON.parse(ended.output) : undefined };
  };

  it('identifies its callers by their tokens', async () => {
    const own = await tbs(['status']);
    assert.deepEqual(own.json.caller, { userKey: `sid:${ownSid}`, callerClass: 'administrator' });
    assert.deepEqual(own.json.endpoints, [{ kind: 'rpc', address: pipe }]);
    const standard = await tbs(['status'], 'standardUser');
    assert.deepEqual(standard.json.caller, { userKey: `sid:${ownSid}`, callerClass: 'standardUser' });
  });

  it('sends commands, and refuses administrators’ commands to a standard user', async () => {
    const random = await tbs(['submit', '80010000000C0000017B0008'], 'standardUser');
    assert.equal(random.json.responseCode, 0, random.output);
    const clear = await tbs(['submit', CLEAR], 'standardUser');
    assert.equal(clear.code, 1);
    assert.match(clear.output, /TPM_E_COMMAND_BLOCKED/);
    const stop = await tbs(['block', 'add', 'TPM2_GetTestResult'], 'standardUser');
    assert.match(stop.output, /TBS_E_ACCESS_DENIED/);
  });

  it('follows policy in the registry', async () => {
    const threshold = async () => {
      const settings: { name: string; value: unknown; sourceKind: string }[] = (await tbs(['policy', 'show'])).json
        .settings;
      const found = settings.find(({ name }) => name === 'standardUserAuthorizationFailureTotalThreshold');
      return [found?.value, found?.sourceKind];
    };
    assert.deepEqual(await threshold(), [9, 'default']);
    addon.makeRegistryKey(POLICY, 'D:P(A;CI;KA;;;BA)');
    addon.setRegistryValue(POLICY, 'StandardUserAuthorizationFailureTotalThreshold', REG_DWORD, dword(5));
    try {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.deepEqual(await threshold(), [5, 'windowsRegistry']);
    } finally {
      addon.deleteRegistryValue(POLICY, 'StandardUserAuthorizationFailureTotalThreshold');
    }
  });

  it('prevents another broker from using its pipe and its state', async () => {
    const second = await runNode([TBSD, '--config', configurationFile]);
    assert.notEqual(second.code, 0);
    assert.match(second.output, /Another broker is using the state folder/);
    const elsewhere = join(folder, 'other.json');
    const configuration = JSON.parse(readFileSync(configurationFile, 'utf8'));
    writeFileSync(elsewhere, JSON.stringify({ ...configuration, stateFolder: join(folder, 'other'), log: {} }));
    const third = await runNode([TBSD, '--config', elsewhere]);
    assert.match(third.output, /another process serves the pipe|did not answer/);
    assert.notEqual(third.code, 0);
  });

  it('has its lists again after it was killed', async () => {
    assert.equal((await tbs(['block', 'add', 'TPM2_GetTestResult'])).code, 0);
    const killed = running.pop() as ChildProcess;
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
    await startBroker();
    const { output } = await tbs(['block', 'test', 'TPM2_GetTestResult']);
    assert.match(output, /"decidingList": "local"/);
  });

  it('reports that no broker answers after it has stopped', async () => {
    const stopped = running.pop() as ChildProcess;
    const ended = once(stopped, 'exit');
    stopped.kill();
    await ended;
    const { code, output } = await tbs(['status']);
    assert.equal(code, 69);
    assert.match(output, /TBS_E_SERVICE_NOT_RUNNING/);
  });
});
