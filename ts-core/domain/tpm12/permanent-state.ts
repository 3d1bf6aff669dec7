/**
 * Reads what a TPM 1.2 reports about its ownership, and the public keys that its owner may read. TPM Main Part 2, 7.1
 * TPM_PERMANENT_FLAGS, 7.2 TPM_STCLEAR_FLAGS, 21 "Capabilities"; Part 3, 14.5 TPM_OwnerReadInternalPub.
 */
import { FieldReader, uint32 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { openOiap } from './authorization-sessions.js';
import { type Authorization, readCapability, runCommand } from './authorized-command.js';
import { TPM_CAP, TPM_CAP_FLAG, TPM_CAP_PROP, TPM_ORD } from './codes.js';
import type { Crypto12, RsaPublicKey } from './crypto12.js';
import { readPublicKey } from './structures.js';

export interface PermanentState {
  readonly owned: boolean;
  readonly disabled: boolean;
  readonly deactivated: boolean;
  readonly ownerClearDisabled: boolean;
}

/** Throws TruncatedFieldError if an answer is shorter than its structure. */
export function* readPermanentState(crypto12: Crypto12): Exchange<PermanentState> {
  // TPM_PERMANENT_FLAGS: disable, ownership, deactivated, readPubek, disableOwnerClear. TPM_STCLEAR_FLAGS: deactivated.
  const [disable, , deactivated, , disableOwnerClear] = yield* readFlags(crypto12, TPM_CAP_FLAG.PERMANENT, 5);
  const [deactivatedUntilRestart] = yield* readFlags(crypto12, TPM_CAP_FLAG.VOLATILE, 1);
  const owner = new FieldReader(yield* readCapability(crypto12, TPM_CAP.PROPERTY, uint32(TPM_CAP_PROP.OWNER)));
  return {
    owned: owner.uint8() === 1,
    disabled: disable === 1,
    deactivated: deactivated === 1 || deactivatedUntilRestart === 1,
    ownerClearDisabled: disableOwnerClear === 1,
  };
}

/** Reads the public part of the storage root key (TPM_KH_SRK) or the endorsement key (TPM_KH_EK) as the owner. */
export function* ownerReadInternalPub(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  keyHandle: number,
): Exchange<RsaPublicKey> {
  const session = yield* openOiap(crypto12);
  return yield* readInternalPub(crypto12, { session, entitySecret: ownerSecret }, keyHandle);
}

/** Reads it with any authorization for owner commands, such as a delegated one. */
export function* readInternalPub(
  crypto12: Crypto12,
  authorization: Authorization,
  keyHandle: number,
): Exchange<RsaPublicKey> {
  const command = { ordinal: TPM_ORD.OwnerReadInternalPub, parameters: uint32(keyHandle) };
  const { parameters } = yield* runCommand(crypto12, command, [authorization]);
  return readPublicKey(new FieldReader(parameters));
}

/** Reads the first flags of a flag structure, which starts with a tag. */
function* readFlags(crypto12: Crypto12, structure: number, count: number): Exchange<Uint8Array> {
  const reader = new FieldReader(yield* readCapability(crypto12, TPM_CAP.FLAG, uint32(structure)));
  reader.uint16();
  return reader.bytes(count);
}
