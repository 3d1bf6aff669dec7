/**
 * Follows the HMAC sessions that were started without salt and without binding. Nothing but the authorization value is
 * in the key of their HMACs, and nonces travel in clear, so the broker can tell whether a caller tried the empty value:
 * it computes the HMAC of the empty key itself.
 *
 * This lets no guess go uncounted. An HMAC that equals the one of the empty key tests no other value, whatever the
 * nonces are.
 *
 * TPM 2.0 Library Part 1, 19.6.5 "HMAC computation", 18.7 "cpHash", 16 "Names"; Part 3, 11.1 "TPM2_StartAuthSession".
 */
import { type HashFunction, type HashName, hashAlgorithm } from '../firmware/hash-algorithms.js';
import { concat, FieldReader, sameBytes, TruncatedFieldError } from '../tpm/byte-fields.js';
import { commandCodeOf, HEADER_BYTES, readUint16, readUint32, responseCodeOf } from '../tpm/command-header.js';
import {
  handleNumber,
  handleType,
  isSessionHandle,
  TPM_CC,
  TPM_HT,
  TPM_RC,
  TPM_RH,
  TPM_SE,
  TPM_ST,
  TPMA_SESSION,
} from '../tpm20/codes.js';
import { CommandAreas } from '../tpm20/command-shape.js';
import { readSized16 } from '../tpm20/structures.js';

interface UnkeyedSession {
  readonly hash: HashName;
  /** From the TPM's last response in this session. */
  nonceTpm: Uint8Array;
}

/** A TPM has a few dozen active sessions; their numbers are small and reused. */
const MAX_SESSIONS_FOLLOWED = 256;
const START_AUTH_SESSION_HANDLES = 2;
const NO_SESSION = new Uint8Array();

export class UnkeyedSessions {
  readonly #byNumber = new Map<number, UnkeyedSession>();
  /** The areas of the answered command. */
  readonly #areas = new CommandAreas();
  readonly #hash: HashFunction;

  constructor(hash: HashFunction) {
    this.#hash = hash;
  }

  /** Returns whether `answered` must be called for this command. */
  concerns(command: Uint8Array): boolean {
    if (commandCodeOf(command) === TPM_CC.StartAuthSession) return true;
    return this.#byNumber.size > 0 && readUint16(command, 0) === TPM_ST.SESSIONS;
  }

  /**
   * Notes what an answered command means for the sessions: one has been started, used, or ended.
   *
   * @param handleCount the command's number of handles, according to the TPM.
   */
  answered(command: Uint8Array, response: Uint8Array, handleCount: number): void {
    if (responseCodeOf(response) !== TPM_RC.SUCCESS || this.#areas.read(command, handleCount) !== TPM_RC.SUCCESS)
      return;
    try {
      this.#noteUse(response);
      if (commandCodeOf(command) === TPM_CC.StartAuthSession && handleCount === START_AUTH_SESSION_HANDLES) {
        this.#noteStart(command, response);
      }
    } catch (error) {
      if (!(error instanceof TruncatedFieldError)) throw error;
    }
  }

  /**
   * Replaces the nonces of the command's sessions, as every response does, and forgets those without continueSession.
   */
  #noteUse(response: Uint8Array): void {
    const areas = this.#areas;
    const nonces = noncesOf(response, areas.sessionCount);
    for (let position = 0; position < areas.sessionCount; position++) {
      const number = handleNumber(areas.sessionHandles[position] as number);
      const session = isSessionHandle(areas.sessionHandles[position] as number) && this.#byNumber.get(number);
      if (!session) continue;
      const nonce = nonces[position];
      const continues = ((areas.sessionAttributes[position] as number) & TPMA_SESSION.CONTINUE_SESSION) !== 0;
      if (continues && nonce !== undefined) session.nonceTpm = nonce;
      else this.#byNumber.delete(number);
    }
  }

  #noteStart(command: Uint8Array, response: Uint8Array): void {
    const handle = readUint32(response, HEADER_BYTES);
    this.#byNumber.delete(handleNumber(handle));
    const hash = hashOfUnkeyed(command, this.#areas);
    if (hash === undefined || this.#byNumber.size >= MAX_SESSIONS_FOLLOWED) return;
    const sizeBytes = this.#areas.sessionCount === 0 ? 0 : 4;
    const nonceTpm = readSized16(new FieldReader(response.subarray(HEADER_BYTES + 4 + sizeBytes))).slice();
    this.#byNumber.set(handleNumber(handle), { hash, nonceTpm });
  }

  /**
   * Returns whether the HMAC of the session at this position was computed with the empty value. False if the session is
   * not followed, or if the command has a handle whose Name is not the handle itself (an object or an NV index).
   *
   * @param areas the areas of `command`.
   */
  proveEmptyValue(command: Uint8Array, areas: CommandAreas, position: number): boolean {
    const session = this.#sessionAt(areas, position);
    if (session === undefined || !namesAreHandles(areas)) return false;
    const { hash } = session;
    const code = command.subarray(6, HEADER_BYTES);
    const handles = command.subarray(HEADER_BYTES, HEADER_BYTES + 4 * areas.handleCount);
    const cpHash = this.#hash(hash, concat(code, handles, command.subarray(areas.parametersOffset)));
    if (cpHash === undefined) return false;
    const nonceAt = areas.sessionNonceOffsets[position] as number;
    const attributesAt = nonceAt + (areas.sessionNonceBytes[position] as number);
    const message = concat(
      cpHash,
      command.subarray(nonceAt, attributesAt),
      session.nonceTpm,
      ...(position === 0 ? this.#noncesOfEncryption(areas) : []),
      command.subarray(attributesAt, attributesAt + 1),
    );
    const hmacAt = attributesAt + 3;
    const hmac = command.subarray(hmacAt, hmacAt + (areas.sessionHmacBytes[position] as number));
    const expected = this.#hmacOfEmptyKey(hash, message);
    return expected !== undefined && sameBytes(expected, hmac);
  }

  #sessionAt({ sessionHandles }: CommandAreas, position: number): UnkeyedSession | undefined {
    const handle = sessionHandles[position] as number;
    return isSessionHandle(handle) ? this.#byNumber.get(handleNumber(handle)) : undefined;
  }

  /**
   * Returns nonceTPM of other sessions that decrypt or encrypt parameters: the first session's HMAC covers them too.
   */
  #noncesOfEncryption(areas: CommandAreas): readonly Uint8Array[] {
    const withAttribute = (attribute: number): number => {
      for (let position = 0; position < areas.sessionCount; position++) {
        if (((areas.sessionAttributes[position] as number) & attribute) !== 0) return position;
      }
      return 0;
    };
    const decrypts = withAttribute(TPMA_SESSION.DECRYPT);
    const encrypts = withAttribute(TPMA_SESSION.ENCRYPT);
    const others = [decrypts, encrypts === decrypts ? 0 : encrypts].filter((position) => position !== 0);
    return others.map((position) => this.#sessionAt(areas, position)?.nonceTpm ?? NO_SESSION);
  }

  /** Computes an HMAC with the empty key, which RFC 2104 pads with zeros to one block. */
  #hmacOfEmptyKey(hash: HashName, message: Uint8Array): Uint8Array | undefined {
    const inner = this.#hash(hash, concat(new Uint8Array(BLOCK_BYTES[hash]).fill(0x36), message));
    return inner && this.#hash(hash, concat(new Uint8Array(BLOCK_BYTES[hash]).fill(0x5c), inner));
  }
}

/** FIPS 180-4, 1; FIPS 202, Table 3; GB/T 32905. */
const BLOCK_BYTES: Readonly<Record<HashName, number>> = {
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
  sm3_256: 64,
  sha3_256: 136,
  sha3_384: 104,
  sha3_512: 72,
};

/**
 * Returns the hash of an HMAC session that this TPM2_StartAuthSession starts without salt and binding; undefined
 * otherwise.
 */
function hashOfUnkeyed(command: Uint8Array, { handles, parametersOffset }: CommandAreas): HashName | undefined {
  if (handles[0] !== TPM_RH.NULL || handles[1] !== TPM_RH.NULL) return undefined;
  const parameters = new FieldReader(command.subarray(parametersOffset));
  readSized16(parameters); // nonceCaller
  readSized16(parameters); // encryptedSalt
  if (parameters.uint8() !== TPM_SE.HMAC) return undefined;
  // authHash follows the symmetric algorithm, whose length depends on it, and is the last field.
  return hashAlgorithm(readUint16(command, command.length - 2))?.name;
}

/** Returns whether each Name is its handle: true of PCRs, sessions and permanent handles (Part 1, 16). */
function namesAreHandles({ handleCount, handles }: CommandAreas): boolean {
  for (let position = 0; position < handleCount; position++) {
    const handle = handles[position] as number;
    const type = handleType(handle);
    if (type !== TPM_HT.PERMANENT && type !== TPM_HT.PCR && !isSessionHandle(handle)) return false;
  }
  return true;
}

/**
 * Returns nonceTPM of each session in a response. Whether a response begins with a handle depends on the command; here,
 * the parameters begin where they and the sessions fill the response exactly.
 */
function noncesOf(response: Uint8Array, sessionCount: number): readonly Uint8Array[] {
  for (const start of [HEADER_BYTES, HEADER_BYTES + 4]) {
    try {
      const reader = new FieldReader(response.subarray(start));
      reader.bytes(reader.uint32());
      const nonces: Uint8Array[] = [];
      for (let position = 0; position < sessionCount; position++) {
        nonces.push(readSized16(reader).slice());
        reader.uint8();
        readSized16(reader);
      }
      if (start + reader.offset === response.length) return nonces;
    } catch (error) {
      if (!(error instanceof TruncatedFieldError)) throw error;
    }
  }
  return [];
}
