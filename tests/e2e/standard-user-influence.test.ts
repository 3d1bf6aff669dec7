/**
 * What a standard user may try against the ledger, the filter and the policy: every method, the wire, the simulator
 * endpoints, files, links, the environment. After each try they are what they were.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, lutimesSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ACCESS } from '../../ts-core/application/access.js';
import { ALICE, asUser, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import {
  CLEAR_20,
  createPrimaryEcc,
  dictionaryAttackParameters,
  GET_RANDOM_20,
  passwordCommand,
  responseCode,
  SIGNING_KEY,
  signWith,
} from '../support/tpm-commands.js';
import { WireClient } from '../support/wire-client.js';

const LOCKOUT_RESET = passwordCommand(0x139, [0x4000000a], '');
/** TPM2_HierarchyChangeAuth of TPM_RH_LOCKOUT to an empty value. */
const CHANGE_LOCKOUT_AUTH = passwordCommand(0x129, [0x4000000a], '', Buffer.from('0000', 'hex'));
const BLOCKED = 0x80280400;
const BLOCKED_AS_RESPONSE = 0x000c0143;
/** Parameters with which a method would do something if its caller might. */
const HARMFUL: Readonly<Record<string, object>> = {
  'commandBlock/add': { commands: ['TPM2_GetRandom'] },
  'commandBlock/remove': { commands: ['TPM2_Hash'] },
  'commandGrant/add': { commands: ['TPM2_Clear'], callerClass: 'standardUser' },
  'commandGrant/remove': { commands: ['TPM2_Hash'], callerClass: 'standardUser' },
  'policy/set': { settings: { ignoreLocalList: true, standardUserAuthorizationFailureIndividualThreshold: 0 } },
  'policy/import': { registryPol: Buffer.from('5052656701000000', 'hex').toString('base64') },
  'authLevel/set': { level: 0 },
  'lockout/reset': {},
  'service/stop': { drainTimeoutMs: 0 },
};

describe('a standard user', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let root: RpcClient;
  let untouched: string;
  let simulatorFolder: string;

  before(async function () {
    // Another user's identity can only be taken by root.
    if (!canBecomeOthers()) this.skip();
    simulatorFolder = mkdtempSync(join(tmpdir(), 'tbsd-simulator-'));
    await chmod(simulatorFolder, 0o711);
    daemon = await TestDaemon.start({
      configuration: {
        simulator: {
          bare: `unix:${join(simulatorFolder, 'bare')}`,
          swtpm: { data: `unix:${join(simulatorFolder, 'data')}`, control: `unix:${join(simulatorFolder, 'control')}` },
        },
      },
      policy: { '10-lists.json': { standardUserAuthorizationFailureIndividualThreshold: 3 } },
    });
    root = await daemon.connect();
    await root.call('commandBlock/add', { commands: ['TPM2_Hash'] });
    await failAuthorizations(3);
    untouched = await fingerprint();
    assert.match(untouched, /"uid:61001"/, 'Alice is in the ledger');
  });
  after(async () => {
    root?.close();
    await daemon?.[Symbol.asyncDispose]();
    if (simulatorFolder !== undefined) rmSync(simulatorFolder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'pending' || root === undefined) return;
    assert.equal(await fingerprint(), untouched, 'ledger, filter and policy are what they were');
  });

  /** Ledger, lists and policy as an administrator sees them. */
  async function fingerprint(): Promise<string> {
    const lockout = await root.call('lockout/get', {});
    const lists = await root.call('commandBlock/list', {});
    const policy = await root.call('policy/get', {});
    return JSON.stringify({ lockout, lists, policy }, (key, value) => (VOLATILE.has(key) ? undefined : value));
  }

  async function failAuthorizations(count: number): Promise<void> {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const key = (await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa))).readUInt32BE(10);
    for (let number = 0; number < count; number++) await alice.submit(contextId, signWith(key, 'wrong'));
    alice.close();
  }

  it('is refused every method that is the administrators’', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    let tried = 0;
    for (const [method, row] of Object.entries(ACCESS)) {
      if (row.standardUser !== 'none') continue;
      tried++;
      const answer = await alice.call(method, HARMFUL[method] ?? {}).catch((error: unknown) => error);
      assert.ok(answer instanceof RpcFailure, `${method} was answered`);
      assert.equal(answer.data.symbol, 'TBS_E_ACCESS_DENIED', method);
    }
    assert.ok(tried > 10);
    alice.close();
  });

  it('cannot reset or change the TPM’s own lockout, or clear it, by raw commands over the wire', async () => {
    using wire = await WireClient.open(daemon.wireSocket, ALICE);
    for (const command of [LOCKOUT_RESET, dictionaryAttackParameters(1), CLEAR_20, CHANGE_LOCKOUT_AUTH]) {
      const { result } = await wire.submit(command);
      assert.ok(result === BLOCKED || result === 0x80280921, `0x${result.toString(16)}`);
    }
  });

  it('cannot over the simulator endpoints either, nor power the TPM off and on', async () => {
    const swtpmRequests = [
      Buffer.from('0000000200000000', 'hex'), // CMD_INIT
      Buffer.from('00000003', 'hex'), // CMD_SHUTDOWN
      Buffer.from('0000000e', 'hex'), // CMD_STOP
      Buffer.from('0000000503', 'hex'), // CMD_SET_LOCALITY 3
    ];
    await chmod(join(simulatorFolder, 'bare'), 0o666);
    await chmod(join(simulatorFolder, 'data'), 0o666);
    await chmod(join(simulatorFolder, 'control'), 0o666);
    for (const command of [LOCKOUT_RESET, CLEAR_20]) {
      const response = await sendAsAlice(join(simulatorFolder, 'bare'), command);
      if (response.length >= 10) assert.notEqual(responseCode(response), 0);
      if (response.length >= 10) assert.ok([BLOCKED_AS_RESPONSE, 0x000c0921].includes(responseCode(response)));
    }
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const contextId = await bob.open();
    const key = (await bob.submit(contextId, createPrimaryEcc('b', SIGNING_KEY.noDa))).readUInt32BE(10);
    for (const request of swtpmRequests) await sendAsAlice(join(simulatorFolder, 'control'), request);
    assert.equal(responseCode(await bob.submit(contextId, signWith(key, 'b'))), 0, 'the TPM was not reset');
    bob.close();
  });

  it('stays locked out over new connections, contexts and endpoints', async () => {
    for (let count = 0; count < 3; count++) {
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const refused = await alice
        .submit(await alice.open(), createPrimaryEcc('x', SIGNING_KEY.noDa))
        .catch((error: unknown) => error);
      assert.ok(refused instanceof RpcFailure && refused.data.symbol === 'TPM_20_E_LOCKOUT', String(refused));
      assert.equal(responseCode(await alice.submit(await alice.open(), GET_RANDOM_20)), 0);
      alice.close();
    }
    using wire = await WireClient.open(daemon.wireSocket, ALICE);
    assert.equal((await wire.submit(createPrimaryEcc('x', SIGNING_KEY.noDa))).result, 0x80280921);
  });

  it('can neither read nor write, rename, remove nor link any file or folder of the broker', async () => {
    const inState = (await readdir(daemon.stateFolder)).map((name) => join(daemon.stateFolder, name));
    const targets = [
      ...[daemon.stateFolder, daemon.policyFolder, join(daemon.folder, 'run'), daemon.folder],
      ...[daemon.rpcSocket, daemon.wireSocket, daemon.auditPath, daemon.logPath],
      ...[join(daemon.folder, 'tbsd.json'), join(daemon.folder, 'tpm'), join(daemon.policyFolder, '10-lists.json')],
      ...inState,
    ];
    const script = targets
      .flatMap((target) => [
        `echo '{}' >> '${target}'`,
        `mv '${target}' '${target}.away'`,
        `rm -rf '${target}'`,
        `touch '${target}/99-mine.json'`,
        `ln -s /etc/passwd '${target}/99-link.json'`,
        `ln '${target}' /tmp/tbsd-hard-link-$$`,
        `chmod 777 '${target}'`,
      ])
      .map((line) => `if ${line} 2>/dev/null; then echo "DONE: ${line.replaceAll('"', '')}"; fi`)
      .join('\n');
    const tried = runAsAlice(script);
    assert.equal(tried.stdout, '');
    for (const secret of [daemon.auditPath, daemon.logPath, join(daemon.folder, 'tbsd.json'), ...inState]) {
      assert.notEqual(runAsAlice(`cat '${secret}'`).status, 0, `${secret} can be read`);
    }
    assert.equal(statSync(daemon.stateFolder).mode & 0o077, 0);
  });

  it('cannot put a policy into force that is a file of theirs, or a link to one', async () => {
    const mine = mkdtempSync(join(tmpdir(), 'alice-'));
    const policy = JSON.stringify({ standardUserAuthorizationFailureIndividualThreshold: 1000 });
    const [owned, link] = [join(daemon.policyFolder, '98-owned.json'), join(daemon.policyFolder, '99-link.json')];
    try {
      await chmod(mine, 0o755);
      writeFileSync(join(mine, 'policy.json'), policy);
      writeFileSync(owned, policy);
      chownSync(mine, ALICE.uid, ALICE.gid);
      chownSync(join(mine, 'policy.json'), ALICE.uid, ALICE.gid);
      chownSync(owned, ALICE.uid, ALICE.gid);
      symlinkSync(join(mine, 'policy.json'), link);
      lutimesSync(link, new Date(), new Date());
      await wait(600);
      const { lockout } = JSON.parse(await fingerprint()) as { lockout: object };
      assert.deepEqual(lockout, (JSON.parse(untouched) as { lockout: object }).lockout);
    } finally {
      for (const path of [owned, link]) rmSync(path, { force: true });
      rmSync(mine, { recursive: true });
      await wait(600);
    }
  });

  it('changes nothing by the environment of their programs', () => {
    const script = `
      const { connect } = require('node:net');
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'commandBlock/add', params: { commands: ['TPM2_GetRandom'] } });
      const socket = connect(${JSON.stringify(daemon.rpcSocket)}, () => socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body));
      socket.on('data', (data) => { console.log(String(data)); socket.end(); });`;
    const env = {
      PATH: process.env['PATH'],
      ...{ HOME: '/root', USER: 'root', LOGNAME: 'root', SUDO_UID: '0', SUDO_USER: 'root', UID: '0', EUID: '0' },
      ...{ XDG_RUNTIME_DIR: '/run/user/0', LISTEN_FDS: '1', LISTEN_PID: '1', NOTIFY_SOCKET: daemon.rpcSocket },
      ...{ TPMTBS_SOCKET: daemon.rpcSocket, TPMTBS_WIRE_SOCKET: daemon.wireSocket, NODE_OPTIONS: '' },
    };
    const child = spawnSync('setpriv', [...AS_ALICE, process.execPath, '-e', script], {
      ...{ encoding: 'utf8', cwd: '/', env, timeout: 20_000 },
    });
    assert.match(child.stdout, /TBS_E_ACCESS_DENIED/, child.stderr);
  });

  it('does not lock out another user by failures of their own below the total threshold', async () => {
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const contextId = await bob.open();
    assert.equal(responseCode(await bob.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa))), 0);
    bob.close();
  });
});

/** What moves by itself. */
const VOLATILE = new Set([
  'failuresAgeOutAt',
  'freesAt',
  'now',
  'until',
  'revision',
  'readAt',
  'checkedAt',
  'modifiedAt',
  'problems',
  'sources',
]);

const AS_ALICE = [`--reuid=${ALICE.uid}`, `--regid=${ALICE.gid}`, '--clear-groups'];

function runAsAlice(script: string) {
  return spawnSync('setpriv', [...AS_ALICE, 'sh', '-c', script], { encoding: 'utf8', cwd: '/', timeout: 60_000 });
}

/** What comes within half a second, or until the broker closes. */
function sendAsAlice(path: string, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = asUser(ALICE, () => connect(path));
    let received = Buffer.alloc(0);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
    socket.setTimeout(500, () => socket.destroy());
  });
}
