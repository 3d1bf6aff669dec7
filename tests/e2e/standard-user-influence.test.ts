/**
 * Tests what a standard user may try against the ledger, the filter and the policy: every method, the wire, the
 * simulator endpoints, files, links, the environment. After each try they are unchanged.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  lutimesSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { concat, sized, uint8, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { SWTPM_CONTROL } from '../../ts-core/domain/tpm/swtpm-control.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC, TPM_RH } from '../../ts-core/domain/tpm20/codes.js';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';
import { MSSIM } from '../../ts-core/endpoints/simulator/mssim-protocol.js';
import { Operation } from '../../ts-core/endpoints/wire/frame.js';
import { fields } from '../endpoints/wire/wire-client.js';
import { ALICE, asUser, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { readableRepository } from '../support/readable-repository.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import {
  CLEAR_20,
  createPrimaryEcc,
  dictionaryAttackLockReset,
  dictionaryAttackParameters,
  GET_RANDOM_20,
  handleIn,
  hierarchyChangeAuth,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';
import { WireClient } from '../support/wire-client.js';

const LOCKOUT_RESET = dictionaryAttackLockReset();
const CHANGE_LOCKOUT_AUTH = hierarchyChangeAuth(TPM_RH.LOCKOUT, '');
const FORBIDDEN = [LOCKOUT_RESET, dictionaryAttackParameters(1), CLEAR_20, CHANGE_LOCKOUT_AUTH];
const LOCKED = TBS_RESULTS.TPM_20_E_LOCKOUT.code;
const REFUSALS: readonly number[] = [TBS_RESULTS.TPM_E_COMMAND_BLOCKED.code, LOCKED];
/** The same as TPM responses, with the refusal of a locality that is not theirs. */
const REFUSALS_AS_RESPONSE = [TPM_RC.COMMAND_CODE, TPM_RC.LOCKOUT, TPM_RC.LOCALITY].map(
  (code) => RESOURCE_MANAGER_LAYER | code,
);
/** Every variable that the sources read or that other programs trust, with a value that would help an attacker. */
const HOSTILE_ENVIRONMENT: Readonly<Record<string, string>> = {
  ...{ HOME: '/root', USER: 'root', LOGNAME: 'root', SUDO_UID: '0', SUDO_USER: 'root', UID: '0', EUID: '0' },
  ...{ XDG_RUNTIME_DIR: '/run/user/0', XDG_STATE_HOME: 'FOLDER/state', XDG_CONFIG_HOME: 'FOLDER' },
  ...{ LISTEN_FDS: '1', LISTEN_PID: '1', LISTEN_FDNAMES: 'rpc', NOTIFY_SOCKET: 'RPC_SOCKET' },
  ...{ WATCHDOG_USEC: '1', WATCHDOG_PID: '1', JOURNAL_STREAM: '1:1', CREDENTIALS_DIRECTORY: 'FOLDER' },
  ...{ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=RPC_SOCKET', PATH: '/tmp', NO_COLOR: '1', NODE_ENV: 'development' },
  ...{ TPMTBS_SOCKET: 'RPC_SOCKET', TPMTBS_WIRE_SOCKET: 'FOLDER/run/wire.sock', TPMTBS_NODE: '/bin/true' },
  ...{ TPMTBS_BROKER_TIMEOUT: '0', TPMTBS_BROKER_UID: '0', TSS2_LOG: 'all+trace', TSS2_LOGFILE: 'FOLDER/tss2.log' },
  // Variables of Windows.
  ...{ ProgramData: 'FOLDER', LOCALAPPDATA: 'FOLDER', USERNAME: 'SYSTEM' },
};
/** Parameters with which a method would have an effect if its caller were allowed to call it. */
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

/** A request to swtpm's control channel. */
function controlRequest(name: keyof typeof SWTPM_CONTROL, parameter: Uint8Array = new Uint8Array()): Uint8Array {
  return concat(uint32(SWTPM_CONTROL[name]), parameter);
}

describe('a standard user', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let root: RpcClient;
  let untouched: string;
  let simulatorFolder: string;

  before(async function () {
    // Only root can act as another user.
    if (!canBecomeOthers()) this.skip();
    simulatorFolder = mkdtempSync(join(tmpdir(), 'tbsd-simulator-'));
    await chmod(simulatorFolder, 0o711);
    daemon = await TestDaemon.start({
      configuration: {
        simulator: {
          bare: `unix:${join(simulatorFolder, 'bare')}`,
          swtpm: { data: `unix:${join(simulatorFolder, 'data')}`, control: `unix:${join(simulatorFolder, 'control')}` },
          mssim: {
            command: `unix:${join(simulatorFolder, 'mssim')}`,
            platform: `unix:${join(simulatorFolder, 'platform')}`,
          },
        },
      },
      policy: { '10-lists.json': { standardUserAuthorizationFailureIndividualThreshold: 3 } },
    });
    // An administrator may offer these endpoints to everybody.
    for (const name of await readdir(simulatorFolder)) await chmod(join(simulatorFolder, name), 0o666);
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
    assert.equal(await fingerprint(), untouched, 'ledger, filter and policy are unchanged');
  });

  /** Returns ledger, lists and policy as an administrator sees them. */
  async function fingerprint(): Promise<string> {
    const lockout = await root.call('lockout/get', {});
    const lists = await root.call('commandBlock/list', {});
    const policy = await root.call('policy/get', {});
    return JSON.stringify({ lockout, lists, policy }, (key, value) => (VOLATILE.has(key) ? undefined : value));
  }

  function hostileEnvironment(): Record<string, string> {
    const entries = Object.entries({ ...HOSTILE_ENVIRONMENT, PATH: process.env['PATH'] ?? '' });
    return Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        value.replaceAll('RPC_SOCKET', daemon.rpcSocket).replaceAll('FOLDER', daemon.folder),
      ]),
    );
  }

  async function failAuthorizations(count: number): Promise<void> {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
    for (let number = 0; number < count; number++) await alice.submit(contextId, signWith(key, 'wrong'));
    alice.close();
  }

  it('is refused every administrator’s method', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    let tried = 0;
    for (const { name: method, access } of RPC_METHODS) {
      if (access.standardUser !== 'none') continue;
      tried++;
      const answer = await alice.call(method, HARMFUL[method] ?? {}).catch((error: unknown) => error);
      assert.ok(answer instanceof RpcFailure, `${method} was answered`);
      assert.equal(answer.data.symbol, 'TBS_E_ACCESS_DENIED', method);
    }
    assert.ok(tried > 10);
    alice.close();
  });

  it('cannot reset or change the TPM’s own lockout, or clear it, with raw commands over JSON-RPC and the wire', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    using wire = await WireClient.open(daemon.wireSocket, ALICE);
    for (const command of FORBIDDEN) {
      const refused = await alice.submit(contextId, command).catch((error: unknown) => error);
      assert.ok(refused instanceof RpcFailure && REFUSALS.includes(refused.code >>> 0), String(refused));
      const { result } = await wire.submit(command);
      assert.ok(REFUSALS.includes(result), `0x${result.toString(16)}`);
    }
    alice.close();
  });

  it('cannot change anything with any operation of the wire, any locality or any priority', async () => {
    using wire = await WireClient.open(daemon.wireSocket, ALICE);
    const { DEVICE_INFO, GET_TCG_LOG, PING, GET_OWNER_AUTH, PHYSICAL_PRESENCE, REVOKE_ATTESTATION } = Operation;
    for (const type of [1, 2, 3, 4, 12, 13, 99]) {
      assert.notEqual((await wire.call(GET_OWNER_AUTH, wire.contextId, fields(type))).result, 0, `type ${type}`);
    }
    // Function 2 of the physical presence interface submits a request; operation 5 is TPM_Clear.
    const request = await wire.call(PHYSICAL_PRESENCE, wire.contextId, fields(2, 5));
    assert.notEqual(request.result, 0);
    assert.notEqual((await wire.call(REVOKE_ATTESTATION, 0, Buffer.alloc(0))).result, 0);
    for (let operation = 0; operation < 40; operation++) {
      if (operation === Operation.HELLO || operation === Operation.CLOSE_CONTEXT) continue;
      const answers = [DEVICE_INFO, GET_TCG_LOG, PING, Operation.CANCEL].some((each) => each === operation);
      for (const payload of [Buffer.alloc(0), Buffer.alloc(4), Buffer.alloc(64, 0xff)]) {
        const { result } = await wire.call(operation, wire.contextId, payload);
        if (!answers) assert.notEqual(result, 0, `operation ${operation}`);
      }
    }
    for (const priority of [100, 300, 400, 0x80000000, 0xffffffff]) {
      for (const locality of [0, 1, 2, 3, 4, 0xffffffff]) {
        const submission = Buffer.concat([fields(priority, locality, 0), LOCKOUT_RESET]);
        const { result } = await wire.call(Operation.SUBMIT, wire.contextId, submission);
        assert.ok(locality === 0 ? REFUSALS.includes(result) : result !== 0, `0x${result.toString(16)}`);
      }
    }
  });

  it('cannot change anything over the simulator endpoints, at any locality, nor power the TPM off and on', async () => {
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const contextId = await bob.open();
    const key = handleIn(await bob.submit(contextId, createPrimaryEcc('b', SIGNING_KEY.noDa)));
    const toControl = [
      controlRequest('INIT', uint32(0)),
      controlRequest('SHUTDOWN'),
      controlRequest('STOP'),
      controlRequest('HASH_START'),
      controlRequest('HASH_DATA', sized(new Uint8Array(4).fill(0xff))),
      controlRequest('HASH_END'),
      controlRequest('RESET_TPMESTABLISHED', uint8(3)),
      ...[0, 3, 4].map((locality) => controlRequest('SET_LOCALITY', uint8(locality))),
    ];
    const signals = Object.values(MSSIM).filter((signal) => signal !== MSSIM.sendCommand);
    const to = (name: string, frames: readonly Uint8Array[]) =>
      Promise.all(frames.map((frame) => sendAsAlice(join(simulatorFolder, name), frame)));
    await to('control', toControl);
    await to('platform', signals.map(word));
    await to('mssim', signals.map(word));
    const atEveryLocality = (command: Uint8Array) => [0, 1, 2, 3, 4].map((locality) => mssimCommand(locality, command));
    let answered = 0;
    for (const [name, frames, offset] of [
      ['bare', FORBIDDEN, 0],
      ['data', FORBIDDEN, 0],
      ['mssim', FORBIDDEN.flatMap(atEveryLocality), 4],
    ] as const) {
      for (const reply of await to(name, frames)) {
        // A connection that is closed without an answer is a refusal as well.
        if (reply.length < offset + 10) continue;
        answered++;
        const code = responseCodeOf(reply.subarray(offset));
        assert.ok(REFUSALS_AS_RESPONSE.includes(code), `${name}: 0x${code.toString(16)}`);
      }
    }
    assert.ok(answered > FORBIDDEN.length, `${answered} answers`);
    assert.equal(responseCodeOf(await bob.submit(contextId, signWith(key, 'b'))), 0, 'the TPM was not reset');
    bob.close();
  });

  it('stays locked out over new connections, contexts and endpoints', async () => {
    for (let count = 0; count < 3; count++) {
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const refused = await alice
        .submit(await alice.open(), createPrimaryEcc('x', SIGNING_KEY.noDa))
        .catch((error: unknown) => error);
      assert.ok(refused instanceof RpcFailure && refused.data.symbol === 'TPM_20_E_LOCKOUT', String(refused));
      assert.equal(responseCodeOf(await alice.submit(await alice.open(), GET_RANDOM_20)), 0);
      alice.close();
    }
    using wire = await WireClient.open(daemon.wireSocket, ALICE);
    assert.equal((await wire.submit(createPrimaryEcc('x', SIGNING_KEY.noDa))).result, LOCKED);
  });

  it('cannot read, write, rename, remove or link any file or folder of the broker', async () => {
    const everything = (await readdir(daemon.folder, { recursive: true })).map((name) => join(daemon.folder, name));
    const targets = [daemon.folder, ...everything, simulatorFolder];
    for (const name of ['records.mdb', 'owner-auth', 'audit.jsonl', '10-lists.json', 'tbsd.json', 'rpc.sock']) {
      assert.ok(
        targets.some((target) => target.endsWith(`/${name}`)),
        `${name} is among them`,
      );
    }
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
    for (const path of [
      join(daemon.folder, 'tbsd.json'),
      ...everything.filter((each) => each.startsWith(daemon.stateFolder)),
    ]) {
      if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
      assert.notEqual(runAsAlice(`cat '${path}'`).status, 0, `${path} can be read`);
    }
    assert.equal(statSync(daemon.stateFolder).mode & 0o077, 0);
  });

  it('cannot put their own policy file, or a link to one, into force', async () => {
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

  it('changes nothing with any environment variable that the broker or its clients read', () => {
    const read = environmentVariablesRead();
    const untried = [...read].filter((name) => HOSTILE_ENVIRONMENT[name] === undefined);
    assert.deepEqual(untried, [], 'the sources read these variables, but this test does not try them');
    assert.ok(read.size >= 10, [...read].join());
    const script = `
      const { connect } = require('node:net');
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'commandBlock/add', params: { commands: ['TPM2_GetRandom'] } });
      const socket = connect(${JSON.stringify(daemon.rpcSocket)}, () => socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body));
      socket.on('data', (data) => { console.log(String(data)); socket.end(); });`;
    const child = spawnSync('setpriv', [...AS_ALICE, process.execPath, '-e', script], {
      ...{ encoding: 'utf8', cwd: '/', env: hostileEnvironment(), timeout: 20_000 },
    });
    assert.match(child.stdout, /TBS_E_ACCESS_DENIED/, child.stderr);
  });

  it('changes nothing with `tbs` in such an environment, nor with their own broker on the same folders', () => {
    const tbs = join(readableRepository(), 'bin', 'tbs.js');
    for (const args of [
      ['lockout', 'reset'],
      ['policy', 'set', 'ignoreLocalList=true'],
      ['block', 'add', 'TPM2_GetRandom'],
    ]) {
      const tried = spawnSync('setpriv', [...AS_ALICE, process.execPath, tbs, ...args], {
        ...{ encoding: 'utf8', cwd: '/', env: hostileEnvironment(), timeout: 20_000 },
      });
      assert.match(tried.stderr, /TBS_E_ACCESS_DENIED/, `${args.join(' ')}: ${tried.stdout}`);
      assert.notEqual(tried.status, 0);
    }
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: daemon.folder, XDG_STATE_HOME: daemon.stateFolder },
      ...{ XDG_CONFIG_HOME: daemon.folder, XDG_RUNTIME_DIR: join(daemon.folder, 'run') },
    };
    for (const args of [[], ['--config', join(daemon.folder, 'tbsd.json')]]) {
      const started = spawnSync(
        'setpriv',
        [...AS_ALICE, process.execPath, join(readableRepository(), 'bin', 'tbsd.js'), ...args],
        {
          ...{ encoding: 'utf8', cwd: '/', env, timeout: 20_000 },
        },
      );
      assert.ok(started.status !== null && started.status !== 0, `${started.status} ${started.stdout}`);
    }
  });

  it('does not lock out another user by failures below the total threshold', async () => {
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const contextId = await bob.open();
    assert.equal(responseCodeOf(await bob.submit(contextId, createPrimaryEcc('x', SIGNING_KEY.noDa))), 0);
    bob.close();
  });
});

/** Properties that change without an attack. */
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

/** Returns what arrives within half a second, or until the broker closes the connection. */
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

/** TPM_SEND_COMMAND of the Microsoft simulator's protocol. */
function mssimCommand(locality: number, command: Uint8Array): Buffer {
  return Buffer.concat([word(MSSIM.sendCommand), Buffer.of(locality), word(command.length), command]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const READS_OF_ENVIRONMENT = [
  /\benv(?:ironment)?\[['"](\w+)['"]\]/g,
  /folderFrom\(environment, '(\w+)'/g,
  /getenv\("(\w+)"\)/g,
  /\$env:(\w+)/gi,
];

/** The names of the environment variables that broker, clients, C libraries and module read. */
function environmentVariablesRead(): ReadonlySet<string> {
  const names = new Set<string>();
  const files = [
    'ts-core',
    'bin',
    'native/client',
    'native/libtbs',
    'native/tcti',
    'native/addon/src',
    'module',
  ].flatMap((folder) => {
    const path = join(REPOSITORY, folder);
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ts|js|c|cc|h|ps1|psm1)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  });
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const read of READS_OF_ENVIRONMENT) for (const [, name] of text.matchAll(read)) names.add(name as string);
  }
  return names;
}
