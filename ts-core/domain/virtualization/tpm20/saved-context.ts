/**
 * TPMS_CONTEXT, what ContextSave returns: sequence (8), savedHandle (4), hierarchy (4), contextBlob (2 + n).
 *
 * TPM 2.0 Library Part 2, 14.5.
 */
import { readUint16, readUint32 } from '../../tpm/command-header.js';
import { SAVED_SEQUENCE_OBJECT } from '../../tpm20/codes.js';

const FIXED_BYTES = 18;

/** Whether bytes have the form of a TPMS_CONTEXT, with nothing missing and nothing behind it. */
export function isSavedContext(blob: Uint8Array): boolean {
  return blob.length >= FIXED_BYTES && blob.length === FIXED_BYTES + readUint16(blob, 16);
}

export function savedHandleOf(blob: Uint8Array): number {
  return readUint32(blob, 8);
}

export function hierarchyOf(blob: Uint8Array): number {
  return readUint32(blob, 12);
}

/** Whether a blob stays good while the object is in use: true but for sequence objects, whose state moves on. */
export function staysValidInUse(blob: Uint8Array): boolean {
  return savedHandleOf(blob) !== SAVED_SEQUENCE_OBJECT;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Whether two blobs claim to be the same save of the same session, whatever the rest says. */
export function sameSave(left: Uint8Array, right: Uint8Array): boolean {
  return sameBytes(left.subarray(0, 12), right.subarray(0, 12));
}
