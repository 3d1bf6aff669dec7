/**
 * The commands that the virtualizer sends for itself: saving, loading and flushing, and asking what is loaded.
 * TPM Main Part 3, 21 "Session Management" and 7.1 "TPM_GetCapability"; Part 2, 18.1 "TPM_CONTEXT_BLOB".
 */
import {
  HEADER_BYTES,
  readUint16,
  readUint32,
  responseCodeOf,
  TPM_TAG_RQU_COMMAND,
  writeUint16,
  writeUint32,
} from '../../tpm/command-header.js';
import * as ord from '../../tpm12/ordinal-codes.js';
import { TPM_SUCCESS } from '../../tpm12/return-codes.js';

const TPM_TAG_CONTEXTBLOB = 0x0001;
const LABEL = 'TpmTbs saved one'; // sixteen bytes, as TPM_SaveContext wants

/** Where things stand in a TPM_CONTEXT_BLOB: tag, resourceType, handle, label (16), contextCount, integrityDigest (20). */
const BLOB_RESOURCE_TYPE = 2;
const BLOB_HANDLE = 6;
const BLOB_CONTEXT_COUNT = 26;
const BLOB_INTEGRITY_DIGEST = 30;
const BLOB_MIN_BYTES = 50;

function command(ordinal: number, parameterBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + parameterBytes);
  writeUint16(bytes, 0, TPM_TAG_RQU_COMMAND);
  writeUint32(bytes, 2, bytes.length);
  writeUint32(bytes, 6, ordinal);
  return bytes;
}

export function saveContextCommand(handle: number, resourceType: number): Uint8Array {
  const bytes = command(ord.TPM_ORD_SaveContext, 24);
  writeUint32(bytes, 10, handle);
  writeUint32(bytes, 14, resourceType);
  for (let index = 0; index < LABEL.length; index++) bytes[18 + index] = LABEL.charCodeAt(index);
  return bytes;
}

/** `entityHandle`: the key, NV index or counter that an OSAP or DSAP session is bound to; 0 for everything else. */
export function loadContextCommand(blob: Uint8Array, entityHandle: number): Uint8Array {
  const bytes = command(ord.TPM_ORD_LoadContext, 9 + blob.length);
  writeUint32(bytes, 10, entityHandle);
  bytes[14] = 0; // keepHandle FALSE: callers see virtual handles
  writeUint32(bytes, 15, blob.length);
  bytes.set(blob, 19);
  return bytes;
}

export function flushSpecificCommand(handle: number, resourceType: number): Uint8Array {
  const bytes = command(ord.TPM_ORD_FlushSpecific, 8);
  writeUint32(bytes, 10, handle);
  writeUint32(bytes, 14, resourceType);
  return bytes;
}

export function getCapabilityCommand(area: number, subCapability: number): Uint8Array {
  const bytes = command(ord.TPM_ORD_GetCapability, 12);
  writeUint32(bytes, 10, area);
  writeUint32(bytes, 14, 4);
  writeUint32(bytes, 18, subCapability);
  return bytes;
}

export function succeeded(response: Uint8Array): boolean {
  return responseCodeOf(response) === TPM_SUCCESS;
}

/** A response that says only TPM_SUCCESS. */
export function emptySuccess(): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeUint16(bytes, 0, 0x00c4);
  writeUint32(bytes, 2, HEADER_BYTES);
  return bytes;
}

/** The handle that stands first in a successful response; undefined when the response is too short for one. */
export function firstHandle(response: Uint8Array): number | undefined {
  return response.length >= HEADER_BYTES + 4 ? readUint32(response, HEADER_BYTES) : undefined;
}

/** The sized buffer that stands first in a successful response (the blob of TPM_SaveContext), as a copy. */
export function firstSizedBuffer(response: Uint8Array): Uint8Array | undefined {
  const size = firstHandle(response);
  if (size === undefined || HEADER_BYTES + 4 + size > response.length) return undefined;
  return response.slice(HEADER_BYTES + 4, HEADER_BYTES + 4 + size);
}

/** TPM_KEY_HANDLE_LIST out of a TPM_GetCapability response; undefined when the TPM did not give one. */
export function handleListOf(response: Uint8Array): readonly number[] | undefined {
  const list = succeeded(response) ? firstSizedBuffer(response) : undefined;
  if (list === undefined || list.length < 2) return undefined;
  const count = readUint16(list, 0);
  if (list.length < 2 + 4 * count) return undefined;
  return Array.from({ length: count }, (_, index) => readUint32(list, 2 + 4 * index));
}

/** A whole TPM_GetCapability response with this handle list. */
export function handleListResponse(handles: readonly number[]): Uint8Array {
  const listBytes = 2 + 4 * handles.length;
  const bytes = new Uint8Array(HEADER_BYTES + 4 + listBytes);
  writeUint16(bytes, 0, 0x00c4);
  writeUint32(bytes, 2, bytes.length);
  writeUint32(bytes, 10, listBytes);
  writeUint16(bytes, 14, handles.length);
  for (const [index, handle] of handles.entries()) writeUint32(bytes, 16 + 4 * index, handle);
  return bytes;
}

/** A whole TPM_GetCapability response with one number. */
export function numberResponse(value: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 8);
  writeUint16(bytes, 0, 0x00c4);
  writeUint32(bytes, 2, bytes.length);
  writeUint32(bytes, 10, 4);
  writeUint32(bytes, 14, value);
  return bytes;
}

/** The number in a TPM_GetCapability response for a TPM_CAP_PROPERTY. */
export function numberOf(response: Uint8Array): number | undefined {
  const value = succeeded(response) ? firstSizedBuffer(response) : undefined;
  return value !== undefined && value.length >= 4 ? readUint32(value, 0) : undefined;
}

export interface ContextBlobFacts {
  readonly resourceType: number;
  /** The TPM's handle when it was saved. */
  readonly handle: number;
  /** What TPM_FlushSpecific(TPM_RT_CONTEXT) takes; 0 for keys. */
  readonly contextCount: number;
  /** HMAC over the blob, hexadecimal: tells blobs apart. */
  readonly integrityDigest: string;
}

export function readContextBlob(blob: Uint8Array): ContextBlobFacts | undefined {
  if (blob.length < BLOB_MIN_BYTES || readUint16(blob, 0) !== TPM_TAG_CONTEXTBLOB) return undefined;
  return {
    resourceType: readUint32(blob, BLOB_RESOURCE_TYPE),
    handle: readUint32(blob, BLOB_HANDLE),
    contextCount: readUint32(blob, BLOB_CONTEXT_COUNT),
    integrityDigest: toHex(blob.subarray(BLOB_INTEGRITY_DIGEST, BLOB_INTEGRITY_DIGEST + 20)),
  };
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
