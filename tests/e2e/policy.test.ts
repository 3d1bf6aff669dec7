/** Tests policy with the real daemon: from files, from a domain's Registry.pol, and not from standard users. */
import assert from 'node:assert/strict';
import { chmod, chown, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_CC } from '../../ts-core/domain/tpm20/codes.js';
import { ALICE, asUser, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { groupPolicyBytes, groupPolicyFixture } from '../support/group-policy-fixture.js';
import { encodeRegistryPol } from '../support/registry-pol-writer.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { GET_RANDOM_20 } from '../support/tpm20-commands.js';

interface PolicyState {
  readonly settings: readonly { readonly name: string; readonly value: unknown; readonly source: string }[];
  readonly problems: readonly { readonly source: string; readonly setting: string | null; readonly message: string }[];
  readonly revision: number;
}

const GET_RANDOM = TPM_CC.GetRandom;

describe('policy in the broker', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  let client: RpcClient;
  beforeEach(async () => {
    daemon = await TestDaemon.start();
    client = await daemon.connect();
  });
  afterEach(async () => {
    client.close();
    await daemon[Symbol.asyncDispose]();
  });

  const policy = () => client.call<PolicyState>('policy/get');
  const setting = async (name: string) => (await policy()).settings.find((state) => state.name === name);
  const refusal = async (call: Promise<unknown>): Promise<RpcFailure> => {
    try {
      await call;
    } catch (error) {
      assert.ok(error instanceof RpcFailure, String(error));
      return error;
    }
    throw new Error('the call succeeded');
  };
  const becomes = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      if (await condition()) return;
      await wait(25);
    }
    throw new Error('the policy did not come into force within 5 seconds');
  };

  it('blocks a command of a connected caller when a file is added to the folder, and allows it when the file is removed', async () => {
    const contextId = await client.open();
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    await daemon.writePolicy('20-block.json', { blockedCommandsEnabled: true, blockedCommands: ['0x17B'] });
    await becomes(async () => (await setting('blockedCommandsEnabled'))?.value === true);
    const refused = await refusal(client.submit(contextId, GET_RANDOM_20));
    assert.equal(refused.data.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(JSON.stringify(refused.data), /20-block\.json/);
    await rm(join(daemon.policyFolder, '20-block.json'));
    await becomes(async () => (await setting('blockedCommandsEnabled'))?.value === false);
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
  });

  it('imports a domain’s Registry.pol, shows it with its source, keeps it after SIGKILL, and refuses a damaged one', async () => {
    const pol = Buffer.from(groupPolicyBytes('baseline.pol'));
    const imported = await client.call<PolicyState>('policy/import', { registryPol: pol.toString('base64') });
    const listed = imported.settings.find(({ name }) => name === 'blockedCommands');
    assert.deepEqual(listed?.value, [129, 170]);
    assert.match(listed?.source ?? '', /imported-Registry\.pol$/);
    const damaged = await refusal(
      client.call('policy/import', { registryPol: pol.subarray(0, 500).toString('base64') }),
    );
    assert.equal(damaged.data.symbol, 'TBS_E_BAD_PARAMETER');
    assert.equal(typeof damaged.data.details['offset'], 'number');
    await daemon.kill('SIGKILL');
    await daemon.run();
    client.close();
    client = await daemon.connect();
    assert.deepEqual((await setting('blockedCommands'))?.value, [129, 170]);
    assert.equal((await setting('ignoreLocalList'))?.value, true);
  });

  it('reports a damaged file, also in the status, and keeps the last good policy in force across a restart', async () => {
    const path = join(daemon.policyFolder, '20-block.json');
    await daemon.writePolicy('20-block.json', { blockedCommandsEnabled: true, blockedCommands: [GET_RANDOM] });
    await becomes(async () => (await setting('blockedCommandsEnabled'))?.value === true);
    await writeFile(path, '{"blockedCommandsEnabled": fal');
    await becomes(async () => (await policy()).problems.length > 0);
    assert.match((await policy()).problems[0]?.message ?? '', /damaged.*last good content stays in force/);
    await daemon.stop();
    await daemon.run();
    client.close();
    client = await daemon.connect();
    assert.equal((await setting('blockedCommandsEnabled'))?.value, true);
    const refused = await refusal(client.submit(await client.open(), GET_RANDOM_20));
    assert.equal(refused.data.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(JSON.stringify((await client.call<{ warnings: unknown }>('status/get')).warnings), /policy/i);
  });

  it('is set idempotently after showing the difference, and refuses a bad setting by name', async () => {
    const wanted = { settings: { standardUserAuthorizationFailureTotalThreshold: 20 } };
    const dry = await client.call<{ differences: unknown[] }>('policy/set', { ...wanted, dryRun: true });
    assert.equal(dry.differences.length, 1);
    assert.equal((await setting('standardUserAuthorizationFailureTotalThreshold'))?.value, 9);
    const done = await client.call<PolicyState & { differences: unknown[] }>('policy/set', wanted);
    assert.equal(done.differences.length, 1);
    assert.match((await setting('standardUserAuthorizationFailureTotalThreshold'))?.source ?? '', /50-local\.json$/);
    const again = await client.call<PolicyState & { differences: unknown[] }>('policy/set', wanted);
    assert.deepEqual([again.differences.length, again.revision], [0, done.revision]);
    for (const [name, value] of [
      ['standardUserAuthorizationFailureTotalThreshold', 101],
      ['noSuchSetting', 1],
    ] as const) {
      const refused = await refusal(client.call('policy/set', { settings: { [name]: value } }));
      assert.equal(refused.data.symbol, 'TBS_E_BAD_PARAMETER');
      assert.match(refused.message, new RegExp(name));
    }
    assert.equal((await client.call<{ compliant: boolean }>('policy/test', wanted)).compliant, true);
    const changes = (await daemon.auditLines())
      .filter(({ kind }) => kind === 'policyChanged')
      .flatMap(({ details }) => (details as { settings: readonly unknown[] }).settings);
    // One event names the settings that the use case wrote; another has the old value, the new value and the source of
    // the change that took effect.
    assert.ok(changes.includes('standardUserAuthorizationFailureTotalThreshold'));
    const inForce = changes.find(
      (change): change is { name: string; before: unknown; after: unknown; source: string } =>
        typeof change === 'object' &&
        (change as { name: string }).name === 'standardUserAuthorizationFailureTotalThreshold',
    );
    assert.deepEqual([inForce?.before, inForce?.after], [9, 20]);
    assert.match(inForce?.source ?? '', /50-local\.json$/);
  });

  it('writes a value that only the domain sets when it is set locally, and keeps it when the domain removes it', async () => {
    const importPol = (pol: Uint8Array) =>
      client.call('policy/import', { registryPol: Buffer.from(pol).toString('base64') });
    await importPol(groupPolicyBytes('baseline.pol'));
    const wanted = { settings: { blockedCommands: [129, 170] } };
    const set = () => client.call<{ differences: readonly { source: string }[] }>('policy/set', wanted);
    const [difference] = (await set()).differences;
    assert.match(difference?.source ?? '', /imported-Registry\.pol$/);
    assert.deepEqual((await set()).differences, [], 'the local file sets it now');
    await importPol(encodeRegistryPol([]));
    assert.deepEqual((await setting('blockedCommands'))?.value, [129, 170]);
    assert.match((await setting('blockedCommands'))?.source ?? '', /50-local\.json$/);
    const written = (await daemon.auditLines()).filter(({ message }) => /local policy file/.test(String(message)));
    assert.equal(written.length, 1);
  });

  it('is not changed by anything that a standard user writes or requests (needs root to become one)', async function () {
    if (!canBecomeOthers()) this.skip();
    const before = await policy();
    const alice = await connectAs(ALICE, daemon.rpcSocket);
    for (const [method, params] of [
      ['policy/set', { settings: { ignoreDefaultList: true } }],
      ['policy/import', { registryPol: Buffer.from(groupPolicyBytes('baseline.pol')).toString('base64') }],
    ] as const) {
      assert.equal((await refusal(alice.call(method, params))).data.symbol, 'TBS_E_ACCESS_DENIED');
    }
    alice.close();
    const openPolicy = JSON.stringify({ ignoreDefaultList: true, standardUserAuthorizationFailureTotalThreshold: 100 });
    // One file is the user's own, moved here by an administrator by mistake; everybody may write the other one.
    const own = join(daemon.policyFolder, '90-own.json');
    await writeFile(own, openPolicy);
    await chown(own, ALICE.uid, ALICE.gid);
    const shared = join(daemon.policyFolder, '91-shared.json');
    await writeFile(join(daemon.folder, 'shared'), openPolicy);
    await chmod(join(daemon.folder, 'shared'), 0o666);
    await rename(join(daemon.folder, 'shared'), shared);
    await becomes(async () => (await policy()).problems.length === 2);
    const after = await policy();
    assert.deepEqual(after.settings, before.settings);
    assert.throws(() => asUser(ALICE, () => process.chdir(daemon.stateFolder)), /EACCES/);
  });

  it('follows the configured Registry.pol files as they are delivered', async () => {
    await daemon.stop();
    const delivered = join(daemon.folder, 'Registry.pol');
    const file = join(daemon.folder, 'tbsd.json');
    const configuration = JSON.parse(await readFile(file, 'utf8')) as { policy: object };
    await writeFile(
      file,
      JSON.stringify({ ...configuration, policy: { ...configuration.policy, registryPol: [delivered] } }),
    );
    await copyFile(groupPolicyFixture('baseline.pol'), delivered);
    await daemon.run();
    client.close();
    client = await daemon.connect();
    assert.deepEqual((await setting('blockedCommands'))?.value, [129, 170]);
    await copyFile(groupPolicyFixture('deletions.pol'), `${delivered}.new`);
    await rename(`${delivered}.new`, delivered);
    await becomes(async () => JSON.stringify((await setting('blockedCommands'))?.value) === '[379]');
    assert.equal((await setting('blockedCommands'))?.source, delivered);
  });
});
