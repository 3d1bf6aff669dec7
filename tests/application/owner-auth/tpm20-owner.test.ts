import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import type { BrokerContext } from '../../../ts-core/application/owner-auth/broker-context.js';
import { Tpm20Owner } from '../../../ts-core/application/owner-auth/tpm20-owner.js';
import { concat, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import {
  EK_HANDLE,
  SRK_HANDLE,
  TPM_CAP,
  TPM_CC,
  TPM_PT,
  TPM_RC,
  TPM_RH,
  TPMA_PERMANENT,
} from '../../../ts-core/domain/tpm20/codes.js';
import { readPublic } from '../../../ts-core/domain/tpm20/keys.js';
import { aboutHandle, aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { Replay } from '../../support/tpm-conversations.js';

const AUTH = Uint8Array.of(0x5a);
const REFUSED = errorResponse('2.0', aboutSession(TPM_RC.AUTH_FAIL, 0));
const SRK = new Replay('2.0', 'readPublic rsa2048', () => readPublic(SRK_HANDLE)).run() as Uint8Array;

/** An owner whose TPM returns these responses by command code; any other command fails the test. */
function ownerOf(answers: Readonly<Record<number, Uint8Array | ((command: Uint8Array) => Uint8Array)>>) {
  const handles: number[] = [];
  const answer = (command: Uint8Array): Uint8Array => {
    handles.push(readUint32(command, 10));
    const given = answers[readUint32(command, 6)];
    if (given === undefined) throw new Error(`no answer to 0x${readUint32(command, 6).toString(16)}`);
    return given instanceof Uint8Array ? given : given(command);
  };
  const run = async (begin: () => Exchange<unknown>) =>
    answered(begin(), ...Array.from({ length: 20 }, () => answer)).result;
  return { owner: new Tpm20Owner({ run } as unknown as BrokerContext, crypto), handles };
}

const properties = (...pairs: readonly (readonly [number, number])[]) =>
  success(concat(Uint8Array.of(0), uint32(TPM_CAP.TPM_PROPERTIES), uint32(pairs.length), ...pairs.flat().map(uint32)));

describe('the owner authorization of a TPM 2.0', () => {
  it('is that of the lockout hierarchy, and proved in its own hierarchy for the others', async () => {
    const { owner, handles } = ownerOf({ [TPM_CC.HierarchyChangeAuth]: successWithSession() });
    await owner.changeOwnerAuth(AUTH, AUTH);
    await owner.proveHierarchy('storage', AUTH);
    await owner.proveHierarchy('endorsement', AUTH);
    assert.deepEqual(handles, [TPM_RH.LOCKOUT, TPM_RH.OWNER, TPM_RH.ENDORSEMENT]);
  });

  it('is reported as wrong or as not tried, by what the TPM answers', async () => {
    for (const [answer, symbol] of [
      [REFUSED, 'TPM_20_E_AUTH_FAIL'],
      [errorResponse('2.0', TPM_RC.LOCKOUT), 'TPM_20_E_LOCKOUT'],
      [errorResponse('2.0', TPM_RC.FAILURE), 'TBS_E_INTERNAL_ERROR'],
    ] as const) {
      const { DictionaryAttackLockReset, Clear, HierarchyChangeAuth } = TPM_CC;
      const { owner } = ownerOf({
        [DictionaryAttackLockReset]: answer,
        [Clear]: answer,
        [HierarchyChangeAuth]: answer,
      });
      for (const work of [owner.resetLockout(AUTH), owner.clear(AUTH), owner.changeOwnerAuth(AUTH, AUTH)]) {
        await assert.rejects(work, { symbol });
      }
    }
  });

  it('is not what is wrong if the storage root key has a secret of its own', async () => {
    const { owner } = ownerOf({ [TPM_CC.Create]: REFUSED, [TPM_CC.Load]: REFUSED });
    const expected = { symbol: 'TBS_E_PROVISIONING_INCOMPLETE', message: /storage root key/ };
    await assert.rejects(owner.seal(AUTH), expected);
    await assert.rejects(owner.unseal(concat(sized16(AUTH), sized16(AUTH))), expected);
  });
});

describe('the state of a TPM 2.0 for its owner', () => {
  const missing = errorResponse('2.0', aboutHandle(TPM_RC.HANDLE, 0));

  it('says which keys are persistent and which authorizations are set', async () => {
    const { LOCKOUT_AUTH_SET, OWNER_AUTH_SET, DISABLE_CLEAR } = TPMA_PERMANENT;
    const { owner } = ownerOf({
      [TPM_CC.GetCapability]: properties([TPM_PT.PERMANENT, LOCKOUT_AUTH_SET | OWNER_AUTH_SET | DISABLE_CLEAR]),
      [TPM_CC.ReadPublic]: (command) => (readUint32(command, 10) === EK_HANDLE ? missing : success(sized16(SRK))),
    });
    const { owned, storageAuthSet, endorsementAuthSet, ownerClearDisabled, ...keys } = await owner.ownership();
    assert.deepEqual([owned, storageAuthSet, endorsementAuthSet, ownerClearDisabled], [true, true, false, true]);
    assert.deepEqual([keys.hasStorageRootKey, keys.hasEndorsementKey], [true, false]);
  });

  it('has the digest of the storage root key’s modulus for the directory, if there is such a key', async () => {
    const { owner } = ownerOf({ [TPM_CC.ReadPublic]: success(sized16(SRK)) });
    assert.deepEqual(await owner.srkThumbprint(), crypto.sha1(SRK.slice(-256)));
    const without = ownerOf({ [TPM_CC.ReadPublic]: missing });
    await assert.rejects(without.owner.srkThumbprint(), { symbol: 'TBS_E_PROVISIONING_INCOMPLETE' });
    assert.equal(await without.owner.endorsementKey(), undefined);
  });

  it('has its lockout as the TPM reports it, and nothing made up where it does not', async () => {
    const { MAX_AUTH_FAIL, LOCKOUT_COUNTER, LOCKOUT_INTERVAL, LOCKOUT_RECOVERY, PERMANENT } = TPM_PT;
    const reported = ownerOf({
      [TPM_CC.GetCapability]: properties(
        ...([
          [PERMANENT, TPMA_PERMANENT.IN_LOCKOUT],
          [LOCKOUT_COUNTER, 32],
          [MAX_AUTH_FAIL, 32],
        ] as const),
        ...([
          [LOCKOUT_INTERVAL, 600],
          [LOCKOUT_RECOVERY, 86_400],
        ] as const),
      ),
    });
    assert.deepEqual(await reported.owner.lockout(), {
      ...{ lockedOut: true, failedTries: 32, maxTries: 32, recoverySeconds: 600, lockoutRecoverySeconds: 86_400 },
    });
    const silent = ownerOf({ [TPM_CC.GetCapability]: errorResponse('2.0', TPM_RC.RETRY) });
    const { maxTries, recoverySeconds, lockoutRecoverySeconds } = await silent.owner.lockout();
    assert.deepEqual([maxTries, recoverySeconds, lockoutRecoverySeconds], [null, null, null]);
  });

  it('has the data of its self-test', async () => {
    const { owner } = ownerOf({ [TPM_CC.GetTestResult]: success(sized16(AUTH), uint32(0)) });
    assert.deepEqual(await owner.selfTest(), AUTH);
  });
});
