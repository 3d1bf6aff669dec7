/** Builds responses of TPM 2.0 and says what response codes mean. TPM 2.0 Library Part 2, 6.6 "TPM_RC". */
import { errorResponse, HEADER_BYTES, responseCodeOf, writeUint16, writeUint32 } from '../tpm/command-header.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC, TPM_ST } from './codes.js';

/** The broker's quotas: the resource manager's layer over the TPM's code for no room. */
export const OBJECT_QUOTA = RESOURCE_MANAGER_LAYER | TPM_RC.OBJECT_MEMORY;
export const SESSION_QUOTA = RESOURCE_MANAGER_LAYER | TPM_RC.SESSION_MEMORY;

/** Bits of a response code of format one: bit 7 marks the format, bit 6 a parameter, bit 11 a session. */
export const RC_FORMAT_ONE = 0x080;
export const RC_PARAMETER = 0x040;
export const RC_SESSION = 0x800;

/**
 * Clears the number of the handle, session or parameter; keeps the layer, so that a refusal by software never matches.
 */
const FORMAT_ONE_ERROR_MASK = 0xfffff0bf;

/** Turns a format-one response code into one about the parameter with this number, counted from 1. */
export function aboutParameter(code: number, number: number): number {
  return code | RC_PARAMETER | (number << 8);
}

/** Turns a format-one response code into one about the handle at this position, counted from 0. */
export function aboutHandle(code: number, position: number): number {
  return code | ((position + 1) << 8);
}

/** Turns a format-one response code into one about the session at this position, counted from 0. */
export function aboutSession(code: number, position: number): number {
  return code | RC_SESSION | ((position + 1) << 8);
}

/** The error of a format-one response code, whatever handle, session or parameter it names. */
export function errorOf(code: number): number {
  return (code & FORMAT_ONE_ERROR_MASK) >>> 0;
}

/** Whether the TPM compared an authorization value and found it wrong. */
export function isAuthorizationFailure(code: number): boolean {
  const error = errorOf(code);
  return error === TPM_RC.AUTH_FAIL || error === TPM_RC.BAD_AUTH;
}

/** Whether the TPM has no room for another object. */
export function isOutOfObjectMemory(code: number): boolean {
  return code === TPM_RC.OBJECT_MEMORY || code === TPM_RC.OBJECT_HANDLES || code === TPM_RC.MEMORY;
}

/** Whether a code is a warning (Part 2, 6.6.2) about the TPM's present state, such as RETRY, LOCKOUT or MEMORY. */
export function isTemporaryFailure(code: number): boolean {
  return (code & 0xf80) === 0x900 && !(code >= TPM_RC.REFERENCE_H0 && code <= TPM_RC.REFERENCE_S6);
}

export function isSuccess(response: Uint8Array): boolean {
  return responseCodeOf(response) === TPM_RC.SUCCESS;
}

/** A response that is only a header with this response code. */
export function refusal(responseCode: number): Uint8Array {
  return errorResponse('2.0', responseCode);
}

/** A successful response without sessions. */
export function success(body: Uint8Array = NO_BODY): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  writeUint16(bytes, 0, TPM_ST.NO_SESSIONS);
  writeUint32(bytes, 2, bytes.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

const NO_BODY = new Uint8Array(0);
