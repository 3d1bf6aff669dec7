/** Tests the owner authorization through the real broker: raw commands, the TPM's own lockout, restarts. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_TAG } from '../../ts-core/domain/tpm12/codes.js';
import { type CommandName, TPM_RH } from '../../ts-core/domain/tpm20/codes.js';
import { sized16 } from '../../ts-core/domain/tpm20/structures.js';
import { ALICE, BOB, CAROL, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { command12, insideTransport } from '../support/tpm12-commands.js';
import {
  authorized,
  createPrimaryEcc,
  GET_RANDOM_20,
  handleIn,
  SIGNING_KEY,
  signWith,
} from '../support/tpm20-commands.js';

async function failureOf(call: Promise<unknown>): Promise<RpcFailure | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcFailure, String(error));
    return error;
  }
}

async function keptOwnerAuth(client: RpcClient): Promise<string | undefined> {
  try {
    return (await client.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Full' })).ownerAuth;
  } catch {
    return undefined;
  }
}

/** A TPM 2.0 command with one password session whose password is bytes. */
function withAuth(
  name: CommandName,
  handle: number,
  auth: Uint8Array,
  parameters: Uint8Array = new Uint8Array(),
): Uint8Array {
  return authorized(name, [handle], [...parameters], [{ hmac: [...auth] }]);
}

describe('the owner authorization through the broker', function () {
  this.timeout(120_000);

  it('refuses raw changes of the owner and lockout authorizations to every caller while a backup is required', async () => {
    await using daemon = await TestDaemon.start({ policy: { '10.json': { activeDirectoryBackup: true } } });
    const client = await daemon.connect();
    const contextId = await client.open();
    const newAuth = sized16(Buffer.from('abc'));
    for (const hierarchy of [TPM_RH.OWNER, TPM_RH.LOCKOUT]) {
      const raw = withAuth('HierarchyChangeAuth', hierarchy, new Uint8Array(), newAuth);
      const refused = await failureOf(client.submit(contextId, raw));
      assert.equal(refused?.data.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
      assert.equal(refused?.data.details['use'], 'Set-TpmOwnerAuth');
    }
    assert.equal((await client.call<{ tpmOwned: boolean }>('tpm/get')).tpmOwned, false);
    await daemon.writePolicy('10.json', { activeDirectoryBackup: true, requireActiveDirectoryBackup: false });
    const raw = withAuth('HierarchyChangeAuth', TPM_RH.OWNER, new Uint8Array(), newAuth);
    let accepted = false;
    for (let attempt = 0; attempt < 100 && !accepted; attempt++) {
      accepted = (await failureOf(client.submit(contextId, raw))) === undefined;
      if (!accepted) await wait(100);
    }
    assert.ok(accepted, 'without a required backup, only the filter decides');
    client.close();
  });

  it('refuses TPM 1.2 commands that would change the owner, even inside a transport session', async () => {
    await using daemon = await TestDaemon.start({
      tpmVersion: '1.2',
      policy: { '10.json': { activeDirectoryBackup: true } },
    });
    const client = await daemon.connect();
    const contextId = await client.open();
    for (const ordinal of [TPM_ORD.TakeOwnership, TPM_ORD.ChangeAuthOwner]) {
      const plain = command12(ordinal, new Uint8Array(60), TPM_TAG.RQU_AUTH1_COMMAND);
      for (const raw of [plain, insideTransport(plain)]) {
        const refused = await failureOf(client.submit(contextId, raw));
        assert.equal(refused?.data.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
        assert.equal(refused?.data.details['use'], 'Set-TpmOwnerAuth');
      }
    }
    client.close();
  });

  it('voids the stored value immediately after a raw change and after a raw Clear', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    await client.call('tpm/initialize', { closeHierarchies: true });
    const contextId = await client.open();
    const auth = Buffer.from((await keptOwnerAuth(client)) ?? '', 'base64');
    const changed = withAuth('HierarchyChangeAuth', TPM_RH.LOCKOUT, auth, sized16(Buffer.from('abc')));
    assert.equal(responseCodeOf(await client.submit(contextId, changed)), 0);
    assert.equal(await keptOwnerAuth(client), undefined);
    assert.ok((await client.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Storage20' })).ownerAuth.length > 0);
    const cleared = withAuth('Clear', TPM_RH.LOCKOUT, Buffer.from('abc'));
    await client.call('commandGrant/add', { commands: ['TPM2_Clear'], callerClass: 'administrator' });
    assert.equal(responseCodeOf(await client.submit(contextId, cleared)), 0);
    // The clear opened the hierarchies.
    assert.equal((await client.call<{ ownerAuth: string }>('ownerAuth/get', { type: 'Storage20' })).ownerAuth, '');
    assert.deepEqual(
      readdirSync(join(daemon.stateFolder, 'owner-auth')).filter((name) => name !== 'sealed-key'),
      [],
    );
    client.close();
  });

  for (const tpmVersion of ['2.0', '1.2'] as const) {
    it(`provisions a TPM ${tpmVersion} automatically at the next start once that is turned on, and remembers that across restarts`, async () => {
      await using daemon = await TestDaemon.start({ tpmVersion });
      const first = await daemon.connect();
      await first.call('autoProvisioning/set', { autoProvisioning: 'Enabled' });
      await daemon.stop();
      await daemon.run();
      const second = await daemon.connect();
      let ready = false;
      for (let attempt = 0; attempt < 200 && !ready; attempt++) {
        ready = (await second.call<{ tpmReady: boolean }>('tpm/provisioning')).tpmReady;
        if (!ready) await wait(50);
      }
      assert.ok(ready);
      const value = await keptOwnerAuth(second);
      assert.ok(value !== undefined);
      await daemon.kill('SIGKILL');
      await daemon.run();
      const third = await daemon.connect();
      assert.equal(await keptOwnerAuth(third), value);
      await third.call('tpm/unblock');
    });
  }

  it('never writes a secret to its log or its audit log', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    await client.call('tpm/initialize');
    const first = await keptOwnerAuth(client);
    const next = Buffer.alloc(20, 0x5a).toString('base64');
    await client.call('ownerAuth/set', { newOwnerAuth: next });
    await failureOf(client.call('ownerAuth/import', { ownerAuth: `${next.slice(0, -2)}!!` }));
    await daemon.stop();
    const audit = JSON.stringify(await daemon.auditLines()) + readFileSync(daemon.logPath, 'utf8');
    assert.match(audit, /owner authorization/);
    for (const secret of [first, next, next.slice(0, -2)]) assert.ok(secret !== undefined && !audit.includes(secret));
  });

  it('stops one user, then all, before the TPM locks itself, while an administrator can continue, and Unblock-Tpm unlocks all', async function () {
    // Only root can act as other users.
    if (!canBecomeOthers()) this.skip();
    await using daemon = await TestDaemon.start({
      policy: {
        '10.json': {
          standardUserAuthorizationFailureIndividualThreshold: 3,
          standardUserAuthorizationFailureTotalThreshold: 7,
        },
      },
    });
    const root = await daemon.connect();
    const guess = async (client: RpcClient) => {
      const contextId = await client.open();
      const created = await client.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.underDa));
      assert.equal(responseCodeOf(created), 0);
      const key = handleIn(created);
      let tried = 0;
      for (; tried < 20; tried++) {
        const refused = await failureOf(client.submit(contextId, signWith(key, `wrong ${tried}`)));
        if (refused !== undefined) {
          assert.equal(refused.data.symbol, 'TPM_20_E_LOCKOUT');
          break;
        }
      }
      return tried;
    };
    // The TPM then allows 32 tries, which is above the total threshold.
    await root.call('tpmLockoutParameters/set', { maxTries: 32 });
    const users = await Promise.all([ALICE, BOB, CAROL].map((user) => connectAs(user, daemon.rpcSocket)));
    const tries: number[] = [];
    for (const user of users) tries.push(await guess(user));
    assert.deepEqual(tries, [3, 3, 1], 'individual, individual, total');
    const state = await root.call<{ lockedOut: boolean; lockoutCount: number }>('tpm/get');
    assert.deepEqual([state.lockedOut, state.lockoutCount], [false, 7]);
    assert.equal(await guessRight(root), 0, 'an administrator can continue');
    await root.call('tpm/unblock');
    assert.equal((await root.call<{ totalFailures: number }>('lockout/get')).totalFailures, 0);
    assert.equal((await root.call<{ lockoutCount: number }>('tpm/get')).lockoutCount, 0);
    assert.equal(await guessRight(users[0] as RpcClient), 0, 'the ledger is empty');
  });

  async function guessRight(client: RpcClient): Promise<number> {
    const contextId = await client.open();
    const key = handleIn(await client.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.underDa)));
    return responseCodeOf(await client.submit(contextId, signWith(key, 'right')));
  }

  it('warns once when the TPM approaches its own limit', async () => {
    await using daemon = await TestDaemon.start();
    const root = await daemon.connect();
    await root.call('tpmLockoutParameters/set', { maxTries: 4 });
    const contextId = await root.open();
    const key = handleIn(await root.submit(contextId, createPrimaryEcc('right', SIGNING_KEY.underDa)));
    for (let attempt = 0; attempt < 5; attempt++) await root.submit(contextId, signWith(key, 'wrong'));
    await root.submit(contextId, GET_RANDOM_20);
    const warnings = async () => {
      const { recent } = await root.call<{ recent: { kind: string; message: string }[] }>('event/subscribe', {
        recent: 200,
        follow: false,
      });
      return recent.filter(({ kind, message }) => kind === 'warning' && /own lockout|locked out/.test(message));
    };
    for (let attempt = 0; attempt < 50 && (await warnings()).length === 0; attempt++) await wait(20);
    assert.equal((await warnings()).length, 1);
  });
});
