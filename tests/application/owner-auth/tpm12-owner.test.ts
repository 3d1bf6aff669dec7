/** Tests the owner's use cases on TPM 1.2 against what a software TPM once answered. */
import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import type { BrokerContext } from '../../../ts-core/application/owner-auth/broker-context.js';
import type { Delegations } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { Tpm12Owner } from '../../../ts-core/application/owner-auth/tpm12-owner.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import { OWNER_PERMISSIONS, TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { COMMAND_AUTH_BYTES } from '../../../ts-core/domain/tpm12/structures.js';
import * as facts from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered } from '../../support/answered-exchange.js';
import { commandsOf, fromHex, recordedTpm12 } from '../../support/tpm-conversations.js';
import { OWNER_SECRET } from '../../support/tpm12-client.js';

/** The owner of the TPM of one recorded conversation. */
function recordedOwner(name: string): Tpm12Owner {
  const tpm = recordedTpm12(name);
  return new Tpm12Owner(tpm.context, tpm.crypto);
}

/** The owner of a TPM that rejects every command with this code. */
function rejectedOwner(code: number): Tpm12Owner {
  const answer = errorResponse('1.2', code);
  const run = async (begin: () => Exchange<unknown>) => answered(begin(), answer, answer, answer, answer).result;
  return new Tpm12Owner({ run } as unknown as BrokerContext, crypto);
}

const ordinalsOf = (name: string) => commandsOf('1.2', name).map((command) => readUint32(fromHex(command), 6));
const countOf = (name: string, ordinal: number) => ordinalsOf(name).filter((sent) => sent === ordinal).length;

const firstDelegations = () => recordedOwner('first delegations').delegate(OWNER_SECRET, undefined);
const secondDelegations = async () =>
  recordedOwner('second delegations').delegate(OWNER_SECRET, (await firstDelegations()).family);

describe('the state of a TPM 1.2 for its owner', () => {
  it('says that an enabled TPM with an owner has both keys, and no authorizations of hierarchies', async () => {
    assert.deepEqual(await recordedOwner('ownership').ownership(), {
      ...{ owned: true, enabled: true, activated: true, ownerClearDisabled: false },
      ...{ storageAuthSet: false, endorsementAuthSet: false, hasStorageRootKey: true, hasEndorsementKey: true },
    });
  });

  it('says that a new TPM has neither an owner nor a key', async () => {
    const { owned, hasStorageRootKey, hasEndorsementKey } = await recordedOwner(
      'ownership before the endorsement key',
    ).ownership();
    assert.deepEqual([owned, hasStorageRootKey, hasEndorsementKey], [false, false, false]);
  });

  it('has the lockout as the TPM reports it', async () => {
    const { lockedOut, failedTries, maxTries } = await recordedOwner('lockout').lockout();
    assert.equal(lockedOut, false);
    assert.ok(maxTries !== null && failedTries < maxTries, `${failedTries} of ${maxTries}`);
  });

  it('has no limits of a lockout that the TPM does not report', async () => {
    assert.deepEqual(await rejectedOwner(TPM_RESULT.BAD_MODE).lockout(), {
      ...{ lockedOut: false, failedTries: 0, maxTries: null, recoverySeconds: null, lockoutRecoverySeconds: null },
    });
  });

  it('has the result of the self-test', async () => {
    assert.ok((await recordedOwner('self-test').selfTest()).length > 0);
  });

  it('offers a list of commands only if the TPM has each of them', async () => {
    const { Seal, DSAP } = TPM_ORD;
    assert.equal(await recordedOwner('offered commands').offersCommands([Seal, DSAP]), true);
    const partly = await recordedOwner('a command that is not offered').offersCommands([Seal, facts.NO_ORDINAL]);
    assert.equal(partly, false);
  });
});

describe('the owner authorization of a TPM 1.2', () => {
  it('is proved by a change to the same value, and clears failed tries', async () => {
    await recordedOwner('changeOwnerAuth').changeOwnerAuth(OWNER_SECRET, OWNER_SECRET);
    await recordedOwner('resetLockout').resetLockout(OWNER_SECRET);
    assert.ok(ordinalsOf('changeOwnerAuth').includes(TPM_ORD.ChangeAuthOwner));
    assert.ok(ordinalsOf('resetLockout').includes(TPM_ORD.ResetLockValue));
  });

  it('is reported as wrong or as not tried, by what TPM_OIAP or TPM_OSAP returns', async () => {
    for (const [code, symbol] of [
      [TPM_RESULT.AUTHFAIL, 'TPM_E_AUTHFAIL'],
      [TPM_RESULT.DEFEND_LOCK_RUNNING, 'TPM_E_DEFEND_LOCK_RUNNING'],
      [TPM_RESULT.FAIL, 'TBS_E_INTERNAL_ERROR'],
    ] as const) {
      const owner = rejectedOwner(code);
      const works = [owner.changeOwnerAuth(OWNER_SECRET, OWNER_SECRET), owner.clear(OWNER_SECRET)];
      for (const work of [...works, owner.resetLockout(OWNER_SECRET)]) await assert.rejects(work, { symbol });
    }
  });

  it('is needed for the digest of the storage root key, which TPM_OwnerReadInternalPub returns', async () => {
    assert.equal((await recordedOwner('thumbprint of the storage root key').srkThumbprint(OWNER_SECRET)).length, 20);
    await assert.rejects(rejectedOwner(TPM_RESULT.FAIL).srkThumbprint(undefined), {
      symbol: 'TBS_E_OWNERAUTH_NOT_FOUND',
    });
  });
});

describe('data sealed under the storage root key of a TPM 1.2', () => {
  it('is unsealed with the well-known secret', async () => {
    const sealed = await recordedOwner('sealed under the storage root key').seal(facts.SEALED);
    assert.deepEqual(await recordedOwner('unsealed under the storage root key').unseal(sealed), facts.SEALED);
  });

  it('is not reported as a wrong owner authorization if the key has a secret of its own', async () => {
    const owner = rejectedOwner(TPM_RESULT.AUTHFAIL);
    const expected = { symbol: 'TBS_E_PROVISIONING_INCOMPLETE', message: /storage root key/ };
    await assert.rejects(owner.seal(facts.SEALED), expected);
    await assert.rejects(owner.unseal(facts.SEALED), expected);
  });
});

describe('the delegations of a TPM 1.2', () => {
  it('are one for administrators, one for users and one for the endorsement key, of one family', async () => {
    const { family, ...each } = await firstDelegations();
    assert.equal(countOf('first delegations', TPM_ORD.Delegate_CreateOwnerDelegation), 3);
    const secrets = Object.values(each).map((delegation) => Buffer.from(delegation.slice(0, 20)).toString('hex'));
    assert.equal(new Set(secrets).size, 3, 'each has a secret of its own');
    assert.notEqual((await secondDelegations()).family.id, family.id);
  });

  it('all permit reading the endorsement key, and that of administrators alone permits TPM_ResetLockValue', () => {
    // After the first word of permissions: the second one, family, count, new secret, authorization.
    const behind = 4 + 4 + 4 + 20 + COMMAND_AUTH_BYTES;
    const granted = commandsOf('1.2', 'first delegations')
      .map(fromHex)
      .filter((command) => readUint32(command, 6) === TPM_ORD.Delegate_CreateOwnerDelegation)
      .map((command) => readUint32(command, command.length - behind - 4));
    const { ownerReadPubek, resetLockValue } = OWNER_PERMISSIONS;
    assert.deepEqual(
      granted.map((permissions) => (permissions & ownerReadPubek) !== 0),
      [true, true, true],
    );
    assert.deepEqual(
      granted.map((permissions) => (permissions & resetLockValue) !== 0),
      [true, false, false],
    );
  });

  it('void those of the previous family', async () => {
    const manages = (name: string) => countOf(name, TPM_ORD.Delegate_Manage);
    assert.deepEqual([manages('first delegations'), manages('second delegations')], [2, 3]);
  });

  it('are in force until another family replaces theirs', async () => {
    const second = await secondDelegations();
    assert.equal(await recordedOwner('delegation in force').takesDelegation(second.user), true);
    assert.equal(await recordedOwner('void delegation').takesDelegation((await firstDelegations()).user), false);
  });

  it('are not known to be void while the TPM is locked out', async () => {
    const { user } = await firstDelegations();
    await assert.rejects(rejectedOwner(TPM_RESULT.DEFEND_LOCK_RUNNING).takesDelegation(user), {
      symbol: 'TPM_E_DEFEND_LOCK_RUNNING',
      message: /stored delegation/,
    });
  });

  it('of administrators reset the lockout, and the error names a void one', async () => {
    const second = await secondDelegations();
    await recordedOwner('resetLockout with a delegation').resetLockoutDelegated(second.administrator);
    const first: Delegations = await firstDelegations();
    const refused = recordedOwner('resetLockout with a void delegation').resetLockoutDelegated(first.administrator);
    await assert.rejects(refused, { symbol: 'TPM_E_AUTHFAIL', message: /delegation that is stored/ });
  });
});

describe('the endorsement key of a TPM 1.2', () => {
  it('is not there before it has been created', async () => {
    assert.equal(await recordedOwner('no endorsement key').endorsementKey(), undefined);
  });

  it('can be read by everybody while the TPM has no owner', async () => {
    const key = await recordedOwner('endorsement key without an owner').endorsementKey();
    assert.deepEqual([key?.publicKey.algorithm, key?.publicKey.unique.length], ['rsa', 256]);
  });

  it('can be read only by the owner and with a delegation afterwards', async () => {
    const toNobody = await recordedOwner('endorsement key for nobody').endorsementKey();
    assert.deepEqual(toNobody?.publicKey, { algorithm: 'other', unique: new Uint8Array(), exponent: 0 });
    const toOwner = await recordedOwner('endorsement key for the owner').endorsementKey({ owner: OWNER_SECRET });
    const { endorsement: delegation } = await secondDelegations();
    const toDelegate = await recordedOwner('endorsement key for a delegate').endorsementKey({ delegation });
    assert.equal(toOwner?.publicKey.algorithm, 'rsa');
    assert.deepEqual(toDelegate?.publicKey, toOwner?.publicKey);
  });

  it('names the owner authorization, not a delegation, if that is wrong', async () => {
    const refused = rejectedOwner(TPM_RESULT.AUTHFAIL).endorsementKey({ owner: OWNER_SECRET });
    await assert.rejects(refused, (error: Error) => !error.message.includes('delegation'));
  });

  it('has the certificate that the manufacturer stored', async () => {
    const key = await recordedOwner('endorsement key for the owner').endorsementKey({ owner: OWNER_SECRET });
    assert.deepEqual(key?.certificates, [facts.CERTIFICATE]);
  });
});
