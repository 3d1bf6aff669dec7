/**
 * Creates and manages delegations, with which the owner lets others run owner commands with a secret of their own. TPM
 * Main Part 3, 19; Part 2, 20.
 */
import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { encryptNewSecret, openOiap, openOsap } from './authorization-sessions.js';
import { runCommand } from './authorized-command.js';
import { TPM_DEL_OWNER_BITS, TPM_ET, TPM_FAMILY, TPM_KH, TPM_LOC_ALL, TPM_ORD, TPM_TAG } from './codes.js';
import { type Crypto12, DIGEST_BYTES } from './crypto12.js';

export interface OwnerDelegation {
  /** One byte that identifies the delegation to people. */
  readonly label: number;
  /** Sum of `OWNER_PERMISSIONS`. */
  readonly permissions: number;
  readonly familyId: number;
  /** The verification count of the family; 1 for a new one. */
  readonly verificationCount: number;
}

/** Creates a delegation family and returns its id. */
export function* createDelegationFamily(crypto12: Crypto12, ownerSecret: Uint8Array, label: number): Exchange<number> {
  const result = yield* manageFamily(crypto12, ownerSecret, 0, TPM_FAMILY.CREATE, uint8(label));
  return new FieldReader(result).uint32();
}

/** Enables or disables all delegations of a family. */
export function* enableDelegationFamily(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  familyId: number,
  enabled: boolean,
): Exchange<void> {
  yield* manageFamily(crypto12, ownerSecret, familyId, TPM_FAMILY.ENABLE, uint8(enabled ? 1 : 0));
}

/** Voids a family: none of its delegations can be used again, wherever copies of them are stored. */
export function* invalidateDelegationFamily(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  familyId: number,
): Exchange<void> {
  yield* manageFamily(crypto12, ownerSecret, familyId, TPM_FAMILY.INVALIDATE, new Uint8Array());
}

function* manageFamily(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  familyId: number,
  operation: number,
  data: Uint8Array,
): Exchange<Uint8Array> {
  const session = yield* openOiap(crypto12);
  const { parameters } = yield* runCommand(
    crypto12,
    {
      ordinal: TPM_ORD.Delegate_Manage,
      parameters: concat(uint32(familyId), uint32(operation), sized(data)),
    },
    [{ session, entitySecret: ownerSecret }],
  );
  return new FieldReader(parameters).sized();
}

/** Creates a delegation blob that permits, together with `delegatedSecret`, what `delegation` says. */
export function* createOwnerDelegation(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  delegation: OwnerDelegation,
  delegatedSecret: Uint8Array,
): Exchange<Uint8Array> {
  const session = yield* openOsap(crypto12, { type: TPM_ET.OWNER, value: TPM_KH.OWNER, secret: ownerSecret });
  const shared = session.sharedSecret as Uint8Array;
  const encrypted = encryptNewSecret(crypto12, shared, session.nonceEven, delegatedSecret);
  const { parameters } = yield* runCommand(
    crypto12,
    {
      ordinal: TPM_ORD.Delegate_CreateOwnerDelegation,
      parameters: concat(uint8(0), delegatePublic(delegation), encrypted),
    },
    [{ session }],
  );
  return new FieldReader(parameters).sized().slice();
}

/** Loads a delegation blob into a row of the TPM's table. */
export function* loadOwnerDelegation(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  row: number,
  blob: Uint8Array,
): Exchange<void> {
  const session = yield* openOiap(crypto12);
  yield* runCommand(
    crypto12,
    { ordinal: TPM_ORD.Delegate_LoadOwnerDelegation, parameters: concat(uint32(row), sized(blob)) },
    [{ session, entitySecret: ownerSecret }],
  );
}

/** Returns a TPM_DELEGATE_PUBLIC without PCR conditions. */
function delegatePublic(delegation: OwnerDelegation): Uint8Array {
  return concat(
    uint16(TPM_TAG.DELEGATE_PUBLIC),
    uint8(delegation.label),
    noPcrCondition(),
    uint16(TPM_TAG.DELEGATIONS),
    uint32(TPM_DEL_OWNER_BITS),
    uint32(delegation.permissions),
    uint32(0), // the second word is reserved
    uint32(delegation.familyId),
    uint32(delegation.verificationCount),
  );
}

/** Returns a TPM_PCR_INFO_SHORT that every PCR value and locality satisfies. */
export function noPcrCondition(): Uint8Array {
  return concat(uint16(3), new Uint8Array(3), uint8(TPM_LOC_ALL), new Uint8Array(DIGEST_BYTES));
}
