/** Builds responses of TPM 2.0 and says what response codes mean. TPM 2.0 Library Part 2, 6.6 "TPM_RC". */
import { errorResponse, HEADER_BYTES, responseCodeOf, writeUint16, writeUint32 } from '../tpm/command-header.js';
import { RC_BIT, RC_NUMBER, RC_WARN, RC_WARN_MASK, RESOURCE_MANAGER_LAYER, TPM_RC, TPM_ST } from './codes.js';

/** The broker's quotas: the resource manager's layer over the TPM's code for no room. */
export const OBJECT_QUOTA = RESOURCE_MANAGER_LAYER | TPM_RC.OBJECT_MEMORY;
export const SESSION_QUOTA = RESOURCE_MANAGER_LAYER | TPM_RC.SESSION_MEMORY;

/**
 * Clears the subject of a code of format one; keeps the layer, so that a refusal by software never matches.
 */
const FORMAT_ONE_ERROR_MASK = ~(RC_BIT.PARAMETER | (RC_NUMBER.PARAMETER_MASK << RC_NUMBER.SHIFT));

/** Turns a format-one response code into one about the parameter with this number, counted from 1. */
export function aboutParameter(code: number, number: number): number {
  return code | RC_BIT.PARAMETER | (number << RC_NUMBER.SHIFT);
}

/** Turns a format-one response code into one about the handle at this position, counted from 0. */
export function aboutHandle(code: number, position: number): number {
  return code | ((position + 1) << RC_NUMBER.SHIFT);
}

/** Turns a format-one response code into one about the session at this position, counted from 0. */
export function aboutSession(code: number, position: number): number {
  return code | RC_BIT.SESSION | ((position + 1) << RC_NUMBER.SHIFT);
}

/** Returns the error of a format-one response code, whatever handle, session or parameter it names. */
export function errorOf(code: number): number {
  return (code & FORMAT_ONE_ERROR_MASK) >>> 0;
}

/** What a response code of format one is about. */
export interface CodeSubject {
  readonly kind: 'parameter' | 'handle' | 'session';
  /** Counted from 1; 0 when the code does not say which. */
  readonly number: number;
}

/** Returns what a response code of format one is about. */
export function subjectOf(code: number): CodeSubject {
  const number = code >>> RC_NUMBER.SHIFT;
  if ((code & RC_BIT.PARAMETER) !== 0) return { kind: 'parameter', number: number & RC_NUMBER.PARAMETER_MASK };
  const kind = (code & RC_BIT.SESSION) !== 0 ? 'session' : 'handle';
  return { kind, number: number & RC_NUMBER.HANDLE_OR_SESSION_MASK };
}

/** Returns whether the TPM compared an authorization value and found it wrong. */
export function isAuthorizationFailure(code: number): boolean {
  const error = errorOf(code);
  return error === TPM_RC.AUTH_FAIL || error === TPM_RC.BAD_AUTH;
}

/** Returns whether the TPM has no room for another object. */
export function isOutOfObjectMemory(code: number): boolean {
  return code === TPM_RC.OBJECT_MEMORY || code === TPM_RC.OBJECT_HANDLES || code === TPM_RC.MEMORY;
}

/**
 * Returns whether a code is a warning (Part 2, 6.6.2) about the TPM's present state, such as RETRY, LOCKOUT or MEMORY.
 */
export function isTemporaryFailure(code: number): boolean {
  return (code & RC_WARN_MASK) === RC_WARN && !(code >= TPM_RC.REFERENCE_H0 && code <= TPM_RC.REFERENCE_S6);
}

export function isSuccess(response: Uint8Array): boolean {
  return responseCodeOf(response) === TPM_RC.SUCCESS;
}

/** Returns a response that is only a header with this response code. */
export function refusal(responseCode: number): Uint8Array {
  return errorResponse('2.0', responseCode);
}

/** Returns a successful response without sessions. */
export function success(body: Uint8Array = NO_BODY): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  writeUint16(bytes, 0, TPM_ST.NO_SESSIONS);
  writeUint32(bytes, 2, bytes.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

const NO_BODY = new Uint8Array(0);
