/**
 * Opens and flushes authorization sessions: TPM_OIAP, TPM_OSAP, TPM_DSAP, TPM_FlushSpecific. TPM Main Part 3, 18 and
 * 22.1.
 */
import { concat, FieldReader, sized, uint16, uint32, xor } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { runCommand, type Session } from './authorized-command.js';
import { TPM_ORD, TPM_RT } from './codes.js';
import { type Crypto12, DIGEST_BYTES } from './crypto12.js';

/** Opens a session that can authorize with any secret. */
export function* openOiap(crypto12: Crypto12): Exchange<Session> {
  const { parameters } = yield* runCommand(crypto12, { ordinal: TPM_ORD.OIAP });
  const reader = new FieldReader(parameters);
  return { handle: reader.uint32(), nonceEven: reader.bytes(DIGEST_BYTES), sharedSecret: undefined };
}

export interface Entity {
  /** TPM_ET_*. */
  readonly type: number;
  /** Key handle, NV index, counter id, TPM_KH_OWNER or TPM_KH_SRK. */
  readonly value: number;
  readonly secret: Uint8Array;
}

/** Opens a session bound to one entity, whose shared secret can carry new authorization values. */
export function* openOsap(crypto12: Crypto12, entity: Entity): Exchange<Session> {
  const nonceOdd = crypto12.randomBytes(DIGEST_BYTES);
  const { parameters } = yield* runCommand(crypto12, {
    ordinal: TPM_ORD.OSAP,
    parameters: concat(uint16(entity.type), uint32(entity.value), nonceOdd),
  });
  return boundSession(crypto12, parameters, nonceOdd, entity.secret);
}

export interface Delegation {
  /** TPM_ET_DEL_OWNER_BLOB, TPM_ET_DEL_ROW or TPM_ET_DEL_KEY_BLOB. */
  readonly type: number;
  /** The key that a key delegation is for; 0 otherwise. */
  readonly keyHandle: number;
  /** The delegation blob, or the row as UINT32. */
  readonly value: Uint8Array;
  /** The delegated authorization value. */
  readonly secret: Uint8Array;
}

/** Opens a session that authorizes what a delegation permits. */
export function* openDsap(crypto12: Crypto12, delegation: Delegation): Exchange<Session> {
  const nonceOdd = crypto12.randomBytes(DIGEST_BYTES);
  const { parameters } = yield* runCommand(crypto12, {
    ordinal: TPM_ORD.DSAP,
    parameters: concat(uint16(delegation.type), uint32(delegation.keyHandle), nonceOdd, sized(delegation.value)),
  });
  return boundSession(crypto12, parameters, nonceOdd, delegation.secret);
}

/** The responses to OSAP and DSAP are alike: authHandle, nonceEven, nonceEvenOSAP. */
function boundSession(crypto12: Crypto12, parameters: Uint8Array, nonceOdd: Uint8Array, secret: Uint8Array): Session {
  const reader = new FieldReader(parameters);
  const handle = reader.uint32();
  const nonceEven = reader.bytes(DIGEST_BYTES);
  const sharedSecret = crypto12.hmacSha1(secret, concat(reader.bytes(DIGEST_BYTES), nonceOdd));
  return { handle, nonceEven, sharedSecret };
}

/**
 * Encrypts a new authorization value for ADIP: exclusive-or with SHA-1 of the shared secret and a nonce (Part 1, 14).
 * `nonce`: the session's nonceEven for a command's first new value, the command's nonceOdd for its second.
 */
export function encryptNewSecret(
  crypto12: Crypto12,
  sharedSecret: Uint8Array,
  nonce: Uint8Array,
  newSecret: Uint8Array,
): Uint8Array {
  return xor(newSecret, crypto12.sha1(concat(sharedSecret, nonce)));
}

/** Flushes a session that no command has ended. */
export function* flushSession(crypto12: Crypto12, session: Session): Exchange<void> {
  yield* runCommand(crypto12, {
    ordinal: TPM_ORD.FlushSpecific,
    parameters: concat(uint32(session.handle), uint32(TPM_RT.AUTH)),
  });
}
