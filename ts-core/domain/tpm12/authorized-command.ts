/**
 * Runs TPM 1.2 commands with and without authorization: marshals them, computes their HMACs and checks those of the
 * response. TPM Main Part 1, 13 "Authorization Protocols"; Part 3, 18 "Authorization Sessions".
 */

import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../tpm/byte-fields.js';
import { HEADER_BYTES, isWholeResponse, readUint32, responseCodeOf } from '../tpm/command-header.js';
import type { Exchange } from '../tpm/exchange.js';
import { TPM_ORD, TPM_TAG } from './codes.js';
import { type Crypto12, DIGEST_BYTES } from './crypto12.js';
import { RESPONSE_AUTH_BYTES } from './structures.js';

/** The TPM answered with an error; `responseCode` is the TPM's return code. */
export class Tpm12CommandError extends Error {
  override readonly name = 'Tpm12CommandError';

  constructor(
    readonly ordinal: number,
    readonly responseCode: number,
  ) {
    super(`the TPM answered ordinal ${ordinal} with 0x${responseCode.toString(16)}`);
  }
}

/** The HMAC of a response is wrong: something between the broker and the TPM has changed the response. */
export class ResponseForgedError extends Error {
  override readonly name = 'ResponseForgedError';

  constructor(ordinal: number) {
    super(`the response to ordinal ${ordinal} is not authenticated by the TPM`);
  }
}

/** An open session; the TPM replaces `nonceEven` with every response. */
export interface Session {
  readonly handle: number;
  nonceEven: Uint8Array;
  /**
   * The secret that both sides derived (OSAP and DSAP); undefined for OIAP, where the entity's own secret is the key.
   */
  readonly sharedSecret: Uint8Array | undefined;
}

export interface Authorization {
  readonly session: Session;
  /** HMAC key for OIAP: the entity's authorization value. Ignored for OSAP and DSAP. */
  readonly entitySecret?: Uint8Array;
  /** Whether the session continues after the command; false unless given. */
  readonly continueSession?: boolean;
  /** Given when the caller needs it beforehand (ADIP with the odd nonce); random otherwise. */
  readonly nonceOdd?: Uint8Array;
  /** HMAC key of the response when the command itself changes the secret (TPM_TakeOwnership does not). */
  readonly responseSecret?: Uint8Array;
}

export interface Command {
  readonly ordinal: number;
  /** Key handles, which no HMAC covers. */
  readonly handles?: readonly number[];
  readonly parameters?: Uint8Array;
  /** How many handles the response starts with, outside of the HMAC (TPM_LoadKey2: 1). */
  readonly outHandles?: number;
}

export interface Response {
  readonly handles: readonly number[];
  readonly parameters: Uint8Array;
}

/** Runs one command with zero to two authorizations. Throws Tpm12CommandError and ResponseForgedError. */
export function* runCommand(
  crypto12: Crypto12,
  command: Command,
  authorizations: readonly Authorization[] = [],
): Exchange<Response> {
  const nonces = authorizations.map(({ nonceOdd }) => nonceOdd ?? crypto12.randomBytes(DIGEST_BYTES));
  const bytes = marshalCommand(crypto12, command, authorizations, nonces);
  let response: Uint8Array;
  try {
    response = yield bytes;
  } finally {
    // TPM_Seal contains its data in clear.
    bytes.fill(0);
  }
  if (!isWholeResponse(response)) throw new ResponseForgedError(command.ordinal);
  const code = responseCodeOf(response);
  if (code !== 0) throw new Tpm12CommandError(command.ordinal, code);
  const handleCount = command.outHandles ?? 0;
  const parametersStart = HEADER_BYTES + 4 * handleCount;
  const authStart = response.length - authorizations.length * RESPONSE_AUTH_BYTES;
  if (parametersStart > authStart) throw new ResponseForgedError(command.ordinal);
  const parameters = response.slice(parametersStart, authStart);
  const digest = crypto12.sha1(concat(uint32(0), uint32(command.ordinal), parameters));
  for (const [index, authorization] of authorizations.entries()) {
    const start = authStart + index * RESPONSE_AUTH_BYTES;
    const authBytes = response.subarray(start, start + RESPONSE_AUTH_BYTES);
    checkResponse(crypto12, command.ordinal, authorization, nonces[index] as Uint8Array, digest, authBytes);
  }
  const handles = Array.from({ length: handleCount }, (_, index) => readUint32(response, HEADER_BYTES + 4 * index));
  return { handles, parameters };
}

/** Runs TPM_GetCapability and returns the value, of which the area determines the form. */
export function* readCapability(crypto12: Crypto12, area: number, subCapability: Uint8Array): Exchange<Uint8Array> {
  const parameters = concat(uint32(area), sized(subCapability));
  const response = yield* runCommand(crypto12, { ordinal: TPM_ORD.GetCapability, parameters });
  return new FieldReader(response.parameters).sized();
}

function marshalCommand(
  crypto12: Crypto12,
  command: Command,
  authorizations: readonly Authorization[],
  nonces: readonly Uint8Array[],
): Uint8Array {
  const { ordinal, handles = [], parameters = new Uint8Array() } = command;
  const digest = crypto12.sha1(concat(uint32(ordinal), parameters));
  const auths = authorizations.map((authorization, index) => {
    const nonceOdd = nonces[index] as Uint8Array;
    const continues = uint8(authorization.continueSession ? 1 : 0);
    const { session } = authorization;
    const mac = crypto12.hmacSha1(secretOf(authorization), concat(digest, session.nonceEven, nonceOdd, continues));
    return concat(uint32(session.handle), nonceOdd, continues, mac);
  });
  const body = concat(...handles.map(uint32), parameters, ...auths);
  return concat(uint16(TPM_TAG.RQU_COMMAND + auths.length), uint32(HEADER_BYTES + body.length), uint32(ordinal), body);
}

function checkResponse(
  crypto12: Crypto12,
  ordinal: number,
  authorization: Authorization,
  nonceOdd: Uint8Array,
  digest: Uint8Array,
  authBytes: Uint8Array,
): void {
  const nonceEven = authBytes.slice(0, DIGEST_BYTES);
  const continues = authBytes.slice(DIGEST_BYTES, DIGEST_BYTES + 1);
  const mac = authBytes.subarray(DIGEST_BYTES + 1);
  const key = authorization.responseSecret ?? secretOf(authorization);
  const expected = crypto12.hmacSha1(key, concat(digest, nonceEven, nonceOdd, continues));
  if (!sameInConstantTime(expected, mac)) throw new ResponseForgedError(ordinal);
  authorization.session.nonceEven = nonceEven;
}

function secretOf(authorization: Authorization): Uint8Array {
  const secret = authorization.session.sharedSecret ?? authorization.entitySecret;
  if (secret === undefined) throw new Error('an OIAP session needs the secret of the entity that it authorizes');
  return secret;
}

function sameInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++) difference |= (left[index] as number) ^ (right[index] ?? 0);
  return difference === 0;
}
