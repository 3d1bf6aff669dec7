/** Builds responses of TPM 1.2, and reads the first values in them. TPM Main Part 2, 6 "Tags" and 16 "Return codes". */
import {
  errorResponse,
  HEADER_BYTES,
  readUint16,
  readUint32,
  responseCodeOf,
  writeUint16,
  writeUint32,
} from '../tpm/command-header.js';
import { TPM_RESULT, TPM_TAG } from './codes.js';

/** Returns whether the TPM compared an authorization value and found it wrong. */
export function isAuthorizationFailure(code: number): boolean {
  return code === TPM_RESULT.AUTHFAIL || code === TPM_RESULT.AUTH2FAIL;
}

export function isSuccess(response: Uint8Array): boolean {
  return responseCodeOf(response) === TPM_RESULT.SUCCESS;
}

/** Returns a response that is only a header with this return code. */
export function refusal(returnCode: number): Uint8Array {
  return errorResponse('1.2', returnCode);
}

/** Returns a successful response without authorization. */
export function success(body: Uint8Array = NO_BODY): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  writeUint16(bytes, 0, TPM_TAG.RSP_COMMAND);
  writeUint32(bytes, 2, bytes.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

const NO_BODY = new Uint8Array(0);

/** Returns a response to TPM_GetCapability with a TPM_KEY_HANDLE_LIST. */
export function handleListResponse(handles: readonly number[]): Uint8Array {
  const listBytes = 2 + 4 * handles.length;
  const body = new Uint8Array(4 + listBytes);
  writeUint32(body, 0, listBytes);
  writeUint16(body, 4, handles.length);
  for (const [index, handle] of handles.entries()) writeUint32(body, 6 + 4 * index, handle);
  return success(body);
}

/** Returns a response to TPM_GetCapability with one number. */
export function numberResponse(value: number): Uint8Array {
  const body = new Uint8Array(8);
  writeUint32(body, 0, 4);
  writeUint32(body, 4, value);
  return success(body);
}

/**
 * Returns the handle that stands first in a successful response; undefined when the command failed, or there is none.
 */
export function firstHandle(response: Uint8Array): number | undefined {
  return isSuccess(response) && response.length >= HEADER_BYTES + 4 ? readUint32(response, HEADER_BYTES) : undefined;
}

/**
 * Returns a copy of the sized buffer that stands first in a successful response, such as the blob of TPM_SaveContext.
 */
export function firstSizedBuffer(response: Uint8Array): Uint8Array | undefined {
  const size = firstHandle(response);
  if (size === undefined || HEADER_BYTES + 4 + size > response.length) return undefined;
  return response.slice(HEADER_BYTES + 4, HEADER_BYTES + 4 + size);
}

/** Returns the TPM_KEY_HANDLE_LIST in a response to TPM_GetCapability; undefined when there is none. */
export function handleListOf(response: Uint8Array): readonly number[] | undefined {
  const list = firstSizedBuffer(response);
  if (list === undefined || list.length < 2) return undefined;
  const count = readUint16(list, 0);
  if (list.length < 2 + 4 * count) return undefined;
  return Array.from({ length: count }, (_, index) => readUint32(list, 2 + 4 * index));
}

/** Returns the number in a response to TPM_GetCapability; undefined when there is none. */
export function numberOf(response: Uint8Array): number | undefined {
  const value = firstSizedBuffer(response);
  return value !== undefined && value.length >= 4 ? readUint32(value, 0) : undefined;
}
