/**
 * The commands that create, use and change the owner authorization. TPM Main Part 3, 6 "Admin Ownership", 14
 * "Endorsement Key" and 17.3 "TPM_ChangeAuthOwner". Secrets are 20-byte authorization values; callers wipe them.
 */
import { concat, FieldReader, sameBytes, sized, uint16 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { encryptNewSecret, openOiap, openOsap } from './authorization-sessions.js';
import { ResponseForgedError, runCommand } from './authorized-command.js';
import { TPM_ET, TPM_KEY_USAGE, TPM_KH, TPM_ORD, TPM_PID } from './codes.js';
import { type Crypto12, DIGEST_BYTES, type RsaPublicKey } from './crypto12.js';
import { keyTemplate, readPublicKey, rsaKeyParameters } from './structures.js';

/** The well-known authorization value of the storage root key: twenty zeros. */
export const WELL_KNOWN_SECRET: Uint8Array = new Uint8Array(DIGEST_BYTES);

/** Reads the public endorsement key. Fails with TPM_DISABLED_CMD or TPM_NO_ENDORSEMENT when it cannot be read. */
export function* readPubek(crypto12: Crypto12): Exchange<RsaPublicKey> {
  return yield* publicEndorsementKey(crypto12, TPM_ORD.ReadPubek, new Uint8Array());
}

/** Creates the endorsement key of a TPM that has none. */
export function* createEndorsementKeyPair(crypto12: Crypto12): Exchange<RsaPublicKey> {
  return yield* publicEndorsementKey(
    crypto12,
    TPM_ORD.CreateEndorsementKeyPair,
    rsaKeyParameters(TPM_KEY_USAGE.STORAGE),
  );
}

function* publicEndorsementKey(crypto12: Crypto12, ordinal: number, keyInfo: Uint8Array): Exchange<RsaPublicKey> {
  const antiReplay = crypto12.randomBytes(DIGEST_BYTES);
  const { parameters } = yield* runCommand(crypto12, { ordinal, parameters: concat(antiReplay, keyInfo) });
  const reader = new FieldReader(parameters);
  const key = readPublicKey(reader);
  const expected = crypto12.sha1(concat(parameters.subarray(0, reader.offset), antiReplay));
  const checksum = reader.bytes(DIGEST_BYTES);
  if (!sameBytes(expected, checksum)) throw new ResponseForgedError(ordinal);
  return key;
}

export interface NewOwner {
  readonly ownerSecret: Uint8Array;
  readonly srkSecret: Uint8Array;
}

/** Takes ownership of a TPM that has an endorsement key and no owner. */
export function* takeOwnership(crypto12: Crypto12, owner: NewOwner): Exchange<void> {
  const endorsementKey = yield* readPubek(crypto12);
  const session = yield* openOiap(crypto12);
  const parameters = concat(
    uint16(TPM_PID.OWNER),
    sized(crypto12.rsaOaepTcpa(endorsementKey, owner.ownerSecret)),
    sized(crypto12.rsaOaepTcpa(endorsementKey, owner.srkSecret)),
    keyTemplate({ usage: TPM_KEY_USAGE.STORAGE, needsAuthorization: true }),
  );
  yield* runCommand(crypto12, { ordinal: TPM_ORD.TakeOwnership, parameters }, [
    { session, entitySecret: owner.ownerSecret },
  ]);
}

/** Clears the owner, the storage root key and everything under it. The TPM is disabled and deactivated afterwards. */
export function* ownerClear(crypto12: Crypto12, ownerSecret: Uint8Array): Exchange<void> {
  const session = yield* openOiap(crypto12);
  yield* runCommand(crypto12, { ordinal: TPM_ORD.OwnerClear }, [{ session, entitySecret: ownerSecret }]);
}

/** Replaces the owner's authorization value. */
export function* changeOwnerSecret(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  newOwnerSecret: Uint8Array,
): Exchange<void> {
  yield* changeAuthOwner(crypto12, ownerSecret, TPM_ET.OWNER, newOwnerSecret);
}

/** Replaces the storage root key's authorization value, with the owner's authorization. */
export function* changeSrkSecret(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  newSrkSecret: Uint8Array,
): Exchange<void> {
  yield* changeAuthOwner(crypto12, ownerSecret, TPM_ET.SRK, newSrkSecret);
}

function* changeAuthOwner(
  crypto12: Crypto12,
  ownerSecret: Uint8Array,
  entityType: number,
  newSecret: Uint8Array,
): Exchange<void> {
  const session = yield* openOsap(crypto12, { type: TPM_ET.OWNER, value: TPM_KH.OWNER, secret: ownerSecret });
  const shared = session.sharedSecret as Uint8Array;
  const encrypted = encryptNewSecret(crypto12, shared, session.nonceEven, newSecret);
  yield* runCommand(
    crypto12,
    {
      ordinal: TPM_ORD.ChangeAuthOwner,
      parameters: concat(uint16(TPM_PID.ADCP), encrypted, uint16(entityType)),
    },
    [{ session }],
  );
}
