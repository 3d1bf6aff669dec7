import assert from 'node:assert/strict';
import { openDsap } from '../../../ts-core/domain/tpm12/authorization-sessions.js';
import { OWNER_PERMISSIONS, TPM_ET, TPM_KH } from '../../../ts-core/domain/tpm12/codes.js';
import type { Crypto12 } from '../../../ts-core/domain/tpm12/crypto12.js';
import * as delegation from '../../../ts-core/domain/tpm12/delegation.js';
import { readInternalPub } from '../../../ts-core/domain/tpm12/permanent-state.js';
import { DELEGATION_LABEL, FAMILY_LABEL } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { assertDamageIsNoticed } from '../../support/damaged-answers.js';
import { commandsOf, Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET, secret } from '../../support/tpm12-client.js';

const { ownerReadInternalPub, ownerReadPubek } = OWNER_PERMISSIONS;
const DELEGATION = {
  label: DELEGATION_LABEL,
  permissions: ownerReadInternalPub | ownerReadPubek,
  verificationCount: 1,
};

const creating = new Replay('1.2', 'createDelegationFamily', (crypto) =>
  delegation.createDelegationFamily(crypto, OWNER_SECRET, FAMILY_LABEL),
);
const family = () => creating.run();
const enabling = (name: string, enabled: boolean) =>
  new Replay('1.2', name, (crypto) => delegation.enableDelegationFamily(crypto, OWNER_SECRET, family(), enabled));
const invalidating = new Replay('1.2', 'invalidateDelegationFamily', (crypto) =>
  delegation.invalidateDelegationFamily(crypto, OWNER_SECRET, family()),
);
const delegating = new Replay('1.2', 'createOwnerDelegation', (crypto) =>
  delegation.createOwnerDelegation(crypto, OWNER_SECRET, { ...DELEGATION, familyId: family() }, secret('delegate')),
);
const loading = new Replay('1.2', 'loadOwnerDelegation', (crypto) =>
  delegation.loadOwnerDelegation(crypto, OWNER_SECRET, 0, delegating.run()),
);

const hex32 = (value: number) => value.toString(16).padStart(8, '0');

/** Returns the parameters of the last command, between its header and its authorization. */
const parametersOf = (name: string) => (commandsOf('1.2', name).at(-1) as string).slice(20, -90);

describe('a family of delegations', () => {
  it('is created, enabled, disabled and voided by the commands that a TPM accepted', () => {
    assert.ok(family() > 0);
    enabling('enableDelegationFamily', true).run();
    enabling('disableDelegationFamily', false).run();
    invalidating.run();
  });

  it('is named by its id, then the operation and its data', () => {
    const id = hex32(family());
    assert.equal(parametersOf('createDelegationFamily'), ['00000000', '00000001', '00000001', '54'].join(''));
    assert.equal(parametersOf('enableDelegationFamily'), [id, '00000002', '00000001', '01'].join(''));
    assert.equal(parametersOf('disableDelegationFamily'), [id, '00000002', '00000001', '00'].join(''));
    assert.equal(parametersOf('invalidateDelegationFamily'), [id, '00000004', '00000000'].join(''));
  });
});

describe('a delegation of the owner’s commands', () => {
  it('permits what it names, for its family, under no condition', () => {
    const publicPart = ['001b', '31', '0003', '000000', '1f', '00'.repeat(20)];
    const delegations = ['001a', '00000001', hex32(ownerReadInternalPub | ownerReadPubek), '00000000'];
    const parameters = ['00', ...publicPart, ...delegations, hex32(family()), '00000001'].join('');
    assert.match(parametersOf('createOwnerDelegation'), new RegExp(`^${parameters}[0-9a-f]{40}$`));
    assert.ok(!parametersOf('createOwnerDelegation').includes(toHex(secret('delegate'))), 'its secret is encrypted');
  });

  it('lets its owner read the endorsement key of a TPM', () => {
    const blob = delegating.run();
    const reading = new Replay('1.2', 'public EK to a delegate', function* (crypto: Crypto12) {
      const type = TPM_ET.DEL_OWNER_BLOB;
      const session = yield* openDsap(crypto, { type, keyHandle: 0, value: blob, secret: secret('delegate') });
      return yield* readInternalPub(crypto, { session }, TPM_KH.EK);
    });
    assert.equal(reading.run().modulus.length, 256);
  });

  it('is loaded into a row of the TPM’s table', () => {
    loading.run();
    const blob = delegating.run();
    assert.equal(parametersOf('loadOwnerDelegation'), ['00000000', hex32(blob.length), toHex(blob)].join(''));
  });

  it('is a copy that outlives the response', () => {
    assert.equal(delegating.run().buffer.byteLength, delegating.run().length);
  });

  it('and its family are refused if anything in the answer has been changed or is missing', () => {
    const replays = [creating, enabling('enableDelegationFamily', true), invalidating, delegating, loading];
    for (const replay of replays) assertDamageIsNoticed(replay);
  });
});

describe('the permissions of a delegation', () => {
  it('stand at the bits of the specification', () => {
    // TPM Main Part 2, 20.2.1.
    const bits = {
      ...{ setOrdinalAuditStatus: 30, nvWriteValue: 27, nvReadValue: 25, ownerReadInternalPub: 18, resetLockValue: 17 },
      ...{ ownerClear: 16, nvDefineSpace: 14, ownerSetDisable: 13, makeIdentity: 11, activateIdentity: 10 },
      ...{ ownerReadPubek: 9, createCounter: 4, releaseCounterOwner: 3 },
    };
    const positions = Object.entries(OWNER_PERMISSIONS).map(([name, bit]) => [name, Math.log2(bit)]);
    assert.deepEqual(Object.fromEntries(positions), bits);
  });
});
