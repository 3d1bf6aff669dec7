/**
 * Tests clients with a broker whose process is stopped (SIGSTOP): it accepts connections, since the kernel does, but
 * answers nothing.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import { createPrimaryRsa, getRandom } from '../support/tpm20-commands.js';

const GET_RANDOM = Buffer.from(getRandom(8)).toString('hex');

describe('tbs and a stopped broker', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  beforeEach(() => void process.kill(daemon.processId, 'SIGSTOP'));
  afterEach(() => void process.kill(daemon.processId, 'SIGCONT'));
  after(() => daemon?.[Symbol.asyncDispose]());

  function tbs(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(NODE, [TBS, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket, ...env },
    });
  }

  async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; stderr: string }> {
    assert.ok(child.stderr && child.stdout);
    const stderr = text(child.stderr);
    child.stdout.resume();
    const [code, signal] = await once(child, 'exit');
    return { code, signal, stderr: await stderr };
  }

  for (const args of [['status'], ['submit', GET_RANDOM], ['block', 'list'], ['events', '--follow']]) {
    it(`tbs ${args.join(' ')} gives up when the time limit has passed`, async () => {
      const { code, stderr } = await endOf(tbs([...args, '--broker-timeout', '0.3']));
      assert.match(stderr, /^tbs: TBS_E_SERVICE_NOT_RUNNING: The broker has not responded for 0\.3 seconds\./);
      assert.equal(code, 69);
    });
  }

  it('reads the limit from the environment, and refuses an invalid one', async () => {
    assert.equal((await endOf(tbs(['status'], { TPMTBS_BROKER_TIMEOUT: '0.3' }))).code, 69);
    const { code, stderr } = await endOf(tbs(['status'], { TPMTBS_BROKER_TIMEOUT: 'soon' }));
    assert.match(stderr, /^tbs: usage: TPMTBS_BROKER_TIMEOUT must be a number of seconds/);
    assert.equal(code, 64);
  });

  it('continues when the broker does', async () => {
    const submitted = endOf(tbs(['submit', GET_RANDOM, '--broker-timeout', '30']));
    process.kill(daemon.processId, 'SIGCONT');
    assert.equal((await submitted).code, 0);
  });

  it('does not give up while the TPM works, however long that takes', async () => {
    process.kill(daemon.processId, 'SIGCONT');
    const busy = await daemon.connect();
    const context = await busy.open();
    const keys = Array.from({ length: 15 }, (_, seed) => busy.submit(context, createPrimaryRsa(100 + seed, 3072)));
    const { code } = await endOf(tbs(['submit', GET_RANDOM, '--priority', 'low', '--broker-timeout', '1']));
    await Promise.all(keys);
    busy.close();
    assert.equal(code, 0);
  });

  it('ends a submission immediately on Ctrl+C', async () => {
    const child = tbs(['submit', GET_RANDOM]);
    const ended = endOf(child);
    await untilConnected(child);
    child.kill('SIGINT');
    assert.equal((await ended).signal, 'SIGINT');
  });

  it('does not contact the broker for completion', async () => {
    assert.equal((await endOf(tbs(['--get-yargs-completions', 'tbs', 'block', 'add', '']))).code, 0);
    assert.equal((await endOf(tbs(['--get-yargs-completions', 'tbs', 'status', '--']))).code, 0);
  });

  /** Resolves when the process has a connected Unix socket: it has sent its call, or is about to. */
  async function untilConnected(child: ChildProcess): Promise<void> {
    const rows = async (): Promise<number> =>
      (await readFile('/proc/net/unix', 'utf8')).split('\n').filter((line) => line.endsWith(daemon.rpcSocket)).length;
    // One row is the listener's own.
    while (child.exitCode === null && (await rows()) < 2) await new Promise((done) => setImmediate(done));
  }
});
