/**
 * Tests that every method of the protocol answers a real call as its contract says: the test client compares each
 * result with the contract, and here each method succeeds at least once.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';
import { ActionScripts } from '../actions/action-programs.js';
import { ALICE, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { A_BOOT, cryptoAgileLog } from '../support/event-log-writer.js';
import { writePhysicalPresenceTree } from '../support/physical-presence-tree.js';
import { encodeRegistryPol } from '../support/registry-pol-writer.js';
import type { RpcClient } from '../support/rpc-client.js';
import { createPrimaryEcc, GET_RANDOM_20, handleIn, SIGNING_KEY, signWith } from '../support/tpm20-commands.js';

/** These need a directory: tests/e2e/owner-auth-directory.test.ts calls them, over the same client. */
const NEEDS_DIRECTORY: readonly string[] = ['ownerAuthBackup/run', 'ownerAuthBackup/test'];
/** Needs the service of event actions: tests/e2e/event-actions.test.ts. */
const NEEDS_SERVICE: readonly string[] = ['eventAction/test'];

const STOPPING: readonly string[] = ['power/suspend', 'power/resume', 'service/stop'];

describe('the result of every method', function () {
  this.timeout(120_000);
  let root: string;
  let daemon: TestDaemon;
  let client: RpcClient;
  const succeeded = new Set<string>();

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tbs-results-'));
    const [physicalPresenceFolder, eventLogPath] = [join(root, 'ppi'), join(root, 'log')];
    writePhysicalPresenceTree(physicalPresenceFolder);
    writeFileSync(eventLogPath, cryptoAgileLog(A_BOOT, ['sha1', 'sha256']));
    daemon = await TestDaemon.start({ configuration: { platform: { physicalPresenceFolder, eventLogPath } } });
    client = await daemon.connect();
  });
  after(async () => {
    client?.close();
    await daemon?.[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  async function call<Result = Record<string, unknown>>(method: string, params?: object): Promise<Result> {
    const result = await client.call<Result>(method, params);
    succeeded.add(method);
    return result;
  }

  it('is as described: contexts, commands and resources', async () => {
    const { contextId } = await call<{ contextId: number }>('context/open', { versions: ['2.0'] });
    const command = createPrimaryEcc('', SIGNING_KEY.noDa).toString('base64');
    await call('command/submit', { contextId, command });
    await call('command/submit', { command: GET_RANDOM_20.toString('base64') });
    const { contexts } = await call<{ contexts: object[] }>('context/list');
    const { resources } = await call<{ resources: { id: string }[] }>('resource/list');
    assert.deepEqual([contexts.length, resources.length], [1, 1]);
    assert.deepEqual(await call('resource/remove', { id: resources[0]?.id }), { removed: true });
    await call('command/cancel', { contextId });
    await call('context/close', { contextId });
  });

  it('is as described: lockout, with a failure of a user', async () => {
    if (canBecomeOthers()) await failOnce();
    const { users } = await call<{ users: object[] }>('lockout/get');
    assert.equal(users.length, canBecomeOthers() ? 1 : 0);
    await call('lockout/reset', { user: 'uid:61001' });
  });

  async function failOnce(): Promise<void> {
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    const contextId = await alice.open();
    const key = handleIn(await alice.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.noDa)));
    await alice.submit(contextId, signWith(key, 'wrong'));
    alice.close();
  }

  it('is as described: policy, with a problem and a difference', async () => {
    await daemon.writePolicy('20.json', { noSuchSetting: 1 });
    await call('policy/import', { registryPol: Buffer.from(encodeRegistryPol([])).toString('base64') });
    const { problems } = await call<{ problems: object[] }>('policy/get');
    assert.notEqual(problems.length, 0);
    const { differences } = await call<{ differences: object[] }>('policy/test', { settings: { maxContexts: 100 } });
    assert.equal(differences.length, 1);
  });

  it('is as described: the TPM and its owner', async () => {
    await call('tpm/initialize', {});
    await call('tpm/openHierarchies', {});
    await call('tpm/supportedFeatures', {});
    await call('tpm/unblock', {});
    const { ownerAuth } = await call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Full' });
    await call('ownerAuth/import', { ownerAuth });
    await call('ownerAuth/set', { newOwnerAuth: Buffer.alloc(20, 7).toString('base64') });
    await call('ownerAuthBackup/get');
    await call('autoProvisioning/set', { autoProvisioning: 'Disabled' });
    await call('tpm/clear', {});
  });

  it('is as described: firmware, status and events', async () => {
    await call('physicalPresence/request', { operation: 5 });
    await call('physicalPresence/get');
    const { recent } = await call<{ recent: object[] }>('event/subscribe', { recent: 1000 });
    assert.ok(recent.length > 5, `${recent.length} events`);
    await call('commandBlock/add', { commands: ['TPM2_Sign'] });
    assert.equal(client.notifications.length, 1);
  });

  it('is as described: event actions', async function () {
    // The system's broker trusts only files of root.
    if (process.getuid?.() !== 0) this.skip();
    using scripts = new ActionScripts();
    await call('eventAction/register', { name: 'notify', kinds: ['lockoutBegan'], path: scripts.write('a', '1') });
    await call('eventAction/report', { disabled: [{ name: 'notify', reason: 'It failed.' }] });
    const { actions } = await call<{ actions: { state: string }[] }>('eventAction/list');
    assert.deepEqual(
      actions.map(({ state }) => state),
      ['disabled'],
    );
    assert.deepEqual(await call('eventAction/unregister', { name: 'notify' }), { removed: true });
  });

  it('is as described: all other methods, with the example parameters of their contracts', async () => {
    const later = new Set([...NEEDS_DIRECTORY, ...NEEDS_SERVICE, ...STOPPING]);
    const others = RPC_METHODS.filter(({ name }) => !succeeded.has(name) && !later.has(name));
    assert.ok(others.length > 20, `${others.length} methods`);
    for (const { name, example } of others) await call(name, example ?? {});
  });

  it('is as described: power and stopping', async () => {
    for (const name of STOPPING) await call(name);
  });
});
