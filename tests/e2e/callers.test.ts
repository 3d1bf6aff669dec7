/** Tests which callers may call which method: callers of each class, which the kernel identifies, call every method. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CALLER_ROLES, type CallerRole } from '../../ts-core/domain/caller.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';
import { ALICE, BOB, CAROL, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { readableRepository } from '../support/readable-repository.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { CLEAR_20, createPrimaryEcc, GET_RANDOM_20, handleIn, SIGNING_KEY } from '../support/tpm20-commands.js';

const ADMINISTRATORS_GID = 61990;
const SANDBOX_GID = 61991;
const OBSERVERS_GID = 61992;
/** The user that the service of event actions runs as. */
const ACTIONS_USER = { uid: 61993, gid: 61993 };

/** Parameters with which an administrator's calls change nothing, or at least stop nothing that others need. */
const HARMLESS: Readonly<Record<string, object>> = {
  'context/open': { versions: ['2.0'] },
  'context/close': { contextId: 4_000_000_000 },
  'command/submit': { contextId: 4_000_000_000, command: 'AAAA' },
  'command/cancel': { contextId: 4_000_000_000 },
  'commandBlock/test': { command: 'TPM2_GetRandom' },
  'commandBlock/add': { commands: ['no such command'] },
  'commandBlock/remove': { commands: ['no such command'] },
  'commandGrant/add': { commands: ['no such command'], callerClass: 'standardUser' },
  'commandGrant/remove': { commands: ['no such command'], callerClass: 'standardUser' },
  'policy/set': { settings: {}, dryRun: true },
  'policy/test': { settings: {} },
  'policy/import': { registryPol: 'AAAA' },
  'authLevel/set': { level: 4 },
  'ownerAuth/get': { type: 3 },
  'ownerAuth/set': { newOwnerAuth: 'not one' },
  'ownerAuth/import': { ownerAuth: 'not one' },
  'physicalPresence/request': { operation: -1 },
  'tpm/initialize': { unknown: true },
  'tpm/clear': { ownerAuth: 'not one' },
  'tpm/openHierarchies': { storageAuth: 'not one' },
  'tpm/unblock': { ownerAuth: 'not one' },
  'tpmLockoutParameters/set': { ownerAuth: 'not one' },
  'autoProvisioning/set': { autoProvisioning: 'not one' },
  'resource/remove': { id: 'no such resource' },
  // The broker refuses the parameter only after it has checked access.
  'service/stop': { drainTimeoutMs: -1 },
};

async function symbolOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcFailure, String(error));
    return error.data.symbol;
  }
}

describe('callers', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;

  before(async function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
    daemon = await TestDaemon.start({
      configuration: {
        administratorsGroup: ADMINISTRATORS_GID,
        sandboxedAppsGroup: SANDBOX_GID,
        observersGroup: OBSERVERS_GID,
        observerUsers: [CAROL.uid],
        eventActionsUser: ACTIONS_USER.uid,
      },
    });
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  function connectClass(role: CallerRole): Promise<RpcClient> {
    if (role === 'administrator') return daemon.connect();
    if (role === 'observer') return connectAs({ ...BOB, groups: [OBSERVERS_GID] }, daemon.rpcSocket);
    return connectAs(role === 'sandboxedApp' ? { ...BOB, groups: [SANDBOX_GID] } : ALICE, daemon.rpcSocket);
  }

  async function classAsSeen(client: RpcClient): Promise<string> {
    const status = await client.call<{ caller: { userKey: string; callerClass: string } }>('status/get');
    return `${status.caller.userKey} ${status.caller.callerClass}`;
  }

  it('are identified only by the kernel: root, members of the groups, everyone else', async () => {
    const callers = [
      { client: await daemon.connect(), seen: 'uid:0 administrator' },
      { client: await connectAs(ALICE, daemon.rpcSocket), seen: 'uid:61001 standardUser' },
      {
        client: await connectAs({ ...BOB, groups: [ADMINISTRATORS_GID] }, daemon.rpcSocket),
        seen: 'uid:61002 administrator',
      },
      { client: await connectAs({ ...BOB, groups: [SANDBOX_GID] }, daemon.rpcSocket), seen: 'uid:61002 sandboxedApp' },
      {
        client: await connectAs({ ...CAROL, groups: [ADMINISTRATORS_GID, SANDBOX_GID] }, daemon.rpcSocket),
        seen: 'uid:61003 sandboxedApp',
      },
      {
        client: await connectAs({ uid: 0, gid: 0, groups: [SANDBOX_GID] }, daemon.rpcSocket),
        seen: 'uid:0 sandboxedApp',
      },
    ];
    for (const { client, seen } of callers) {
      assert.equal(await classAsSeen(client), seen);
      client.close();
    }
  });

  it('that the kernel cannot identify (the overflow user) are refused', async () => {
    const client = await connectAs({ uid: 65534, gid: 65534 }, daemon.rpcSocket);
    await client.closed();
  });

  it('that the kernel cannot identify get the reason, from the socket and from tbs', () => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const script = `
      const socket = require('node:net').connect(${JSON.stringify(daemon.rpcSocket)});
      socket.pipe(process.stdout);`;
    const raw = spawnSync('setpriv', [...nobody, '-e', script], { encoding: 'utf8', cwd: '/', timeout: 20_000 });
    const [header, body] = raw.stdout.split('\r\n\r\n') as [string, string];
    assert.equal(header, `Content-Length: ${Buffer.byteLength(body)}`);
    const { id, error } = JSON.parse(body) as { id: unknown; error: { data: { symbol: string; details: object } } };
    assert.equal(id, null);
    assert.equal(error.data.symbol, 'TBS_E_ACCESS_DENIED');
    assert.deepEqual(error.data.details, { reason: 'overflowUid' });
    const tbs = join(readableRepository(), 'bin', 'tbs.js');
    const env = { ...process.env, TPMTBS_BROKER_UID: '0' };
    const status = spawnSync('setpriv', [...nobody, tbs, 'status', '--socket', daemon.rpcSocket], {
      encoding: 'utf8',
      cwd: '/',
      env,
    });
    assert.match(status.stderr, /^tbs: TBS_E_ACCESS_DENIED: The caller is user 65534: nobody/);
  });

  it('are identified in the same way in a process of another user', () => {
    const script = `
      const { connect } = require('node:net');
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status/get' });
      const socket = connect(${JSON.stringify(daemon.rpcSocket)}, () => socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body));
      let text = '';
      socket.on('data', (data) => { text += data; if (/"callerClass":"(\\w+)"/.test(text)) { console.log(text); socket.end(); } });`;
    const child = spawnSync(
      'setpriv',
      ['--reuid=61001', '--regid=61001', '--clear-groups', process.execPath, '-e', script],
      {
        encoding: 'utf8',
        cwd: '/',
        timeout: 20_000,
      },
    );
    assert.match(child.stdout, /"userKey":"uid:61001","callerClass":"standardUser"/, child.stderr);
  });

  for (const role of CALLER_ROLES) {
    for (const { name: method, access } of RPC_METHODS) {
      // The service of event actions is the only observer that may report results.
      const denied = access[role] === 'none' || (role === 'observer' && method === 'eventAction/report');
      if (role === 'administrator' && method.startsWith('power/')) continue;
      it(`${role} ${denied ? 'may not' : 'may'} call ${method}`, async () => {
        const client = await connectClass(role);
        const symbol = await symbolOf(client.call(method, HARMLESS[method] ?? {}));
        assert.equal(symbol === 'TBS_E_ACCESS_DENIED', denied, `answered ${symbol}`);
        client.close();
      });
    }
  }

  it('that run as the user of the service of event actions may report, but not register, event actions', async () => {
    const service = await connectAs(ACTIONS_USER, daemon.rpcSocket);
    assert.equal(await symbolOf(service.call('eventAction/report', {})), undefined);
    const registration = { kinds: ['lockoutBegan'], path: '/etc/hostname' };
    assert.equal(await symbolOf(service.call('eventAction/register', registration)), 'TBS_E_ACCESS_DENIED');
    service.close();
  });

  it('see only their own contexts, and cannot close those of other users', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const bob = await connectAs(BOB, daemon.rpcSocket);
    const root = await daemon.connect();
    const contextId = await alice.open();
    const seenBy = async (client: RpcClient) =>
      (await client.call<{ contexts: { contextId: number }[] }>('context/list')).contexts.map((each) => each.contextId);
    assert.ok((await seenBy(alice)).includes(contextId));
    assert.ok(!(await seenBy(bob)).includes(contextId));
    assert.ok((await seenBy(root)).includes(contextId));
    assert.equal(await symbolOf(bob.call('context/close', { contextId })), 'TBS_E_INVALID_CONTEXT');
    assert.equal(await symbolOf(root.call('context/close', { contextId })), undefined);
    assert.equal(await symbolOf(alice.submit(contextId, GET_RANDOM_20)), 'TBS_E_INVALID_CONTEXT');
    const told = async (client: RpcClient) =>
      (
        await client.call<{ recent: { kind: string; details: object }[] }>('event/subscribe', {
          recent: 100,
          follow: false,
        })
      ).recent
        .filter(({ kind }) => kind === 'administration')
        .map(({ details }) => details);
    assert.deepEqual((await told(root)).at(-1), { contextId, user: 'uid:61001' });
    const second = await connectAs(ALICE, daemon.rpcSocket);
    await second.call('context/close', { contextId: await alice.open() });
    assert.deepEqual(await told(alice), [], 'no administration event when the same user closes the context');
    for (const client of [alice, bob, root, second]) client.close();
  });

  it('that are observers see the contexts, resources and events of others, and cannot change them', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const handle = handleIn(await alice.submit(contextId, createPrimaryEcc('', SIGNING_KEY.noDa)));
    await symbolOf(alice.submit(contextId, CLEAR_20));
    for (const observer of [await connectClass('observer'), await connectAs(CAROL, daemon.rpcSocket)]) {
      const { caller } = await observer.call<{ caller: { callerClass: string; isObserver: boolean } }>('status/get');
      assert.deepEqual([caller.callerClass, caller.isObserver], ['standardUser', true]);
      const { contexts } = await observer.call<{ contexts: { contextId: number }[] }>('context/list');
      assert.ok(contexts.some((each) => each.contextId === contextId));
      const { resources } = await observer.call<{ resources: { id: string; virtualHandle: number }[] }>(
        'resource/list',
      );
      const id = resources.find(({ virtualHandle }) => virtualHandle === handle)?.id;
      assert.ok(id !== undefined);
      const { recent } = await observer.call<{ recent: { kind: string; userKey?: string }[] }>('event/subscribe', {
        recent: 1000,
        follow: false,
      });
      assert.ok(recent.some(({ kind, userKey }) => kind === 'commandRefused' && userKey === 'uid:61001'));
      assert.deepEqual(await observer.call('resource/remove', { id }), { removed: false });
      assert.equal(await symbolOf(observer.call('context/close', { contextId })), 'TBS_E_INVALID_CONTEXT');
      assert.equal(await symbolOf(observer.call('command/cancel', { contextId })), 'TBS_E_INVALID_CONTEXT');
      observer.close();
    }
    const bob = await connectAs(BOB, daemon.rpcSocket);
    assert.deepEqual(await bob.call('resource/list'), { resources: [] });
    bob.close();
    alice.close();
  });

  it('that are sandboxed apps neither see nor close what their user’s other programs opened', async () => {
    const root = await daemon.connect();
    const app = await connectAs({ uid: 0, gid: 0, groups: [SANDBOX_GID] }, daemon.rpcSocket);
    const contextId = await root.open();
    const ofApp = await app.open();
    const handle = handleIn(await root.submit(contextId, createPrimaryEcc('', SIGNING_KEY.noDa)));
    const { contexts } = await app.call<{ contexts: { contextId: number }[] }>('context/list');
    assert.deepEqual(
      contexts.map((each) => each.contextId),
      [ofApp],
    );
    assert.equal(await symbolOf(app.call('context/close', { contextId })), 'TBS_E_INVALID_CONTEXT');
    assert.deepEqual(await app.call('resource/list'), { resources: [] });
    const { resources } = await root.call<{ resources: { id: string; virtualHandle: number }[] }>('resource/list');
    const id = resources.find(({ virtualHandle }) => virtualHandle === handle)?.id;
    assert.deepEqual(await app.call('resource/remove', { id }), { removed: false });
    await root.call('commandBlock/add', { commands: ['TPM2_ClockSet'] });
    await root.call('commandBlock/remove', { commands: ['TPM2_ClockSet'] });
    assert.deepEqual(await app.call('event/subscribe', { recent: 100, follow: false }), { recent: [] });
    for (const client of [root, app]) client.close();
  });

  it('that are standard users get at most locality 0 and priority HIGH', async () => {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    assert.equal(await symbolOf(alice.submit(contextId, GET_RANDOM_20, { locality: 1 })), 'TBS_E_BAD_PARAMETER');
    const command = GET_RANDOM_20.toString('base64');
    const reply = await alice.call('command/submit', { contextId, command, priority: 0x80000000 });
    assert.equal(reply['appliedPriority'], 300);
    const root = await daemon.connect();
    const rootContext = await root.open();
    assert.equal(responseCodeOf(await root.submit(rootContext, GET_RANDOM_20, { locality: 3 })), 0);
    assert.equal(await symbolOf(root.submit(rootContext, GET_RANDOM_20, { locality: 4 })), 'TBS_E_BAD_PARAMETER');
    alice.close();
    root.close();
  });

  it('are refused a context beyond their user’s quota, but other users are not', async () => {
    await using small = await TestDaemon.start({
      policy: { '10-quota.json': { maxContextsPerUser: 3, maxContexts: 5 } },
    });
    const alice = await connectAs(ALICE, small.rpcSocket);
    for (let count = 0; count < 3; count++) await alice.open();
    assert.equal(await symbolOf(alice.open()), 'TBS_E_TOO_MANY_TBS_CONTEXTS');
    const bob = await connectAs(BOB, small.rpcSocket);
    await bob.open();
    await bob.open();
    assert.equal(await symbolOf(bob.open()), 'TBS_E_TOO_MANY_TBS_CONTEXTS');
    alice.close();
    bob.close();
  });
});
