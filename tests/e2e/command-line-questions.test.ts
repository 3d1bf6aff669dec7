/** Tests irreversible operations of `tbs`: they ask first, and the answer is no if nobody can be asked. */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import type { RpcClient } from '../support/rpc-client.js';
import { createPrimaryEcc, handleIn, SIGNING_KEY, signWith } from '../support/tpm20-commands.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

interface Act {
  readonly name: string;
  /** Prepares the daemon for the operation, and returns the arguments. */
  readonly prepare: (client: RpcClient) => Promise<readonly string[]>;
  readonly isDone: (client: RpcClient) => Promise<boolean>;
}

let key = 0;
let contextId = 0;

const ACTS: readonly Act[] = [
  {
    name: 'resources --remove',
    prepare: async (client) => {
      contextId = await client.open();
      key = handleIn(await client.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
      const { resources } = await client.call<{ resources: { id: string }[] }>('resource/list');
      return ['resources', '--remove', resources[0]?.id ?? ''];
    },
    isDone: async (client) => (await client.submit(contextId, signWith(key, 'right'))).readUInt32BE(6) !== 0,
  },
  {
    name: 'auth-level set',
    prepare: async (client) => {
      await client.call('tpm/initialize');
      return ['auth-level', 'set', 'none'];
    },
    isDone: async (client) => (await client.call<{ level: number }>('authLevel/get')).level === 0,
  },
  {
    name: 'tpm initialize --close-hierarchies',
    prepare: async () => ['tpm', 'initialize', '--close-hierarchies'],
    isDone: async (client) =>
      (await client.call<{ storageHierarchy: string }>('tpm/provisioning')).storageHierarchy === 'closed',
  },
  {
    name: 'tpm initialize, where policy closes the hierarchies',
    prepare: async (client) => {
      await client.call('policy/set', { settings: { closeHierarchies: true } });
      return ['tpm', 'initialize'];
    },
    isDone: async (client) =>
      (await client.call<{ storageHierarchy: string }>('tpm/provisioning')).storageHierarchy === 'closed',
  },
];

/** Runs a program on a new terminal (`script` of util-linux), and types `typed` once the question appears. */
function answeredOnTerminal(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  typed: string,
): Promise<{ readonly status: number | null; readonly screen: string }> {
  const line = command.map((part) => `'${part}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { env, timeout: 30_000 });
  let screen = '';
  let answered = false;
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString('utf8');
    if (answered || !screen.includes('[y/N] ')) return;
    answered = true;
    child.stdin.write(typed);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => resolve({ status, screen }));
  });
}

describe('an irreversible operation of tbs', function () {
  this.timeout(120_000);

  for (const { name, prepare, isDone } of ACTS) {
    it(`is performed only after a yes, not without an answer or after a no: ${name}`, async () => {
      await using daemon = await TestDaemon.start();
      const client = await daemon.connect();
      const env = { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket };
      const args = await prepare(client);
      const withInput = (input: string): SpawnSyncReturns<string> =>
        spawnSync(NODE, [TBS, ...args], { encoding: 'utf8', env, input, timeout: 30_000 });
      const withoutInput = (): SpawnSyncReturns<string> =>
        spawnSync('/bin/sh', ['-c', `exec "$0" "$@" <&-`, NODE, TBS, ...args], {
          ...{ encoding: 'utf8', env, timeout: 30_000 },
        });
      const onTerminal = (typed: string) => answeredOnTerminal([NODE, TBS, ...args], env, typed);

      for (const refused of [withInput(''), withInput('y\n'), withoutInput()]) {
        assert.equal(refused.status, 1, refused.stderr);
        assert.match(refused.stderr, /^tbs: notConfirmed: .*cannot be asked without a terminal.*\n {2}Give --yes/);
      }
      const json = spawnSync(NODE, [TBS, ...args, '--json'], { encoding: 'utf8', env, timeout: 30_000 });
      assert.equal((JSON.parse(json.stderr) as { symbol: string }).symbol, 'notConfirmed');
      assert.equal(await isDone(client), false, 'nothing was done without an answer');

      for (const typed of ['n\r', '\r', 'maybe\r', CTRL_C, CTRL_D]) {
        const { status, screen } = await onTerminal(typed);
        assert.equal(status, 1, `${JSON.stringify(typed)}: ${screen}`);
      }
      assert.equal(await isDone(client), false, 'nothing was done after a no');

      assert.equal((await onTerminal('y\r')).status, 0);
      assert.equal(await isDone(client), true, 'done after a yes');
      client.close();
    });

    it(`is performed with --yes, without a terminal: ${name}`, async () => {
      await using daemon = await TestDaemon.start();
      const client = await daemon.connect();
      const args = await prepare(client);
      const env = { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket };
      const done = spawnSync(NODE, [TBS, ...args, '--yes'], { encoding: 'utf8', env, timeout: 30_000 });
      assert.equal(done.status, 0, done.stderr);
      assert.equal(await isDone(client), true);
      client.close();
    });
  }
});
