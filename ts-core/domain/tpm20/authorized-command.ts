/**
 * Runs the broker's own TPM 2.0 commands, authorized by password sessions: marshals them and reads the response.
 *
 * TPM 2.0 Library Part 1, 18 "Structure Details" and 19.4 "Password Authorizations"; Part 2, 10 for the sized buffers.
 * Password sessions carry the authorization value in clear; it only travels over the broker's own transport to the TPM.
 */
import { concat, FieldReader, TruncatedFieldError, uint8, uint16, uint32 } from '../tpm/byte-fields.js';
import { HEADER_BYTES, isWholeResponse, responseCodeOf } from '../tpm/command-header.js';
import type { Exchange } from '../tpm/exchange.js';
import { TPM_RS_PW, TPM_ST, TPMA_SESSION } from './codes.js';
import { sized16 } from './structures.js';

/** The empty authorization value that a new TPM has everywhere. */
export const EMPTY_AUTH: Uint8Array = new Uint8Array();

/** The TPM answered with an error; `responseCode` includes the number of the handle or parameter. */
export class Tpm20CommandError extends Error {
  override readonly name = 'Tpm20CommandError';

  constructor(
    readonly commandCode: number,
    readonly responseCode: number,
  ) {
    super(`the TPM answered command 0x${commandCode.toString(16)} with 0x${responseCode.toString(16)}`);
  }
}

export interface Command {
  readonly code: number;
  readonly handles?: readonly number[];
  /** Authorization values of the first handles, in order. */
  readonly auths?: readonly Uint8Array[];
  readonly parameters?: Uint8Array;
  /** How many handles the response starts with. */
  readonly outHandles?: number;
}

export interface Response {
  readonly handles: readonly number[];
  /** The response's parameters, without sessions. */
  readonly parameters: FieldReader;
}

/** Runs one command. Throws Tpm20CommandError, and TruncatedFieldError for an incomplete response. */
export function* runCommand(command: Command): Exchange<Response> {
  const bytes = marshalCommand(command);
  let response: Uint8Array;
  try {
    response = yield bytes;
  } finally {
    // It may hold an authorization value.
    bytes.fill(0);
  }
  if (!isWholeResponse(response)) throw new TruncatedFieldError('the header of a response does not state its size');
  const code = responseCodeOf(response);
  if (code !== 0) throw new Tpm20CommandError(command.code, code);
  const reader = new FieldReader(response.subarray(HEADER_BYTES));
  const handles = Array.from({ length: command.outHandles ?? 0 }, () => reader.uint32());
  // With sessions, parameterSize precedes the parameters, and the response's session area follows them.
  return { handles, parameters: command.auths === undefined ? reader : new FieldReader(reader.sized()) };
}

export function marshalCommand({ code, handles = [], auths, parameters = EMPTY_AUTH }: Command): Uint8Array {
  const area = auths === undefined ? EMPTY_AUTH : authorizationArea(auths);
  const body = concat(...handles.map(uint32), area, parameters);
  const tag = auths === undefined ? TPM_ST.NO_SESSIONS : TPM_ST.SESSIONS;
  const bytes = concat(uint16(tag), uint32(HEADER_BYTES + body.length), uint32(code), body);
  body.fill(0);
  area.fill(0);
  return bytes;
}

function authorizationArea(auths: readonly Uint8Array[]): Uint8Array {
  const sessions = concat(
    ...auths.map((auth) => concat(uint32(TPM_RS_PW), uint16(0), uint8(TPMA_SESSION.CONTINUE_SESSION), sized16(auth))),
  );
  const area = concat(uint32(sessions.length), sessions);
  sessions.fill(0);
  return area;
}
