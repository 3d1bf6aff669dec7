/** Structures of TPM 2.0 that several parts read or build. TPM 2.0 Library Part 2. */
import { concat, type FieldReader, sameBytes, uint16 } from '../tpm/byte-fields.js';
import { readUint16, readUint32 } from '../tpm/command-header.js';
import { SAVED_SEQUENCE_OBJECT, TPMA_CC } from './codes.js';

/** TPM2B: a UINT16 length and the bytes. */
export function sized16(bytes: Uint8Array): Uint8Array {
  return concat(uint16(bytes.length), bytes);
}

export function readSized16(reader: FieldReader): Uint8Array {
  return reader.bytes(reader.uint16());
}

/** TPMA_CC (Part 2, 8.9): the TPM's description of one of its commands. */
export interface CommandAttributes {
  readonly code: number;
  /** Handles at the start of the command. */
  readonly handleCount: number;
  /** The response starts with the handle of something new. */
  readonly returnsHandle: boolean;
  /** On success, the transient objects of the handle area are flushed (SequenceComplete and its like). */
  readonly flushesHandles: boolean;
}

export function decodeCommandAttributes(attributes: number): CommandAttributes {
  return {
    code: (attributes & TPMA_CC.COMMAND) >>> 0,
    handleCount: (attributes >>> TPMA_CC.HANDLES_SHIFT) & TPMA_CC.HANDLES_MASK,
    returnsHandle: (attributes & TPMA_CC.RETURNS_HANDLE) !== 0,
    flushesHandles: (attributes & TPMA_CC.FLUSHED) !== 0,
  };
}

/** TPMS_CONTEXT (Part 2, 14.5), before its contextBlob: sequence (8), savedHandle (4), hierarchy (4), size (2). */
const CONTEXT_FIXED_BYTES = 18;

/** Returns whether bytes have the form of a TPMS_CONTEXT, with nothing missing and nothing behind it. */
export function isSavedContext(blob: Uint8Array): boolean {
  return blob.length >= CONTEXT_FIXED_BYTES && blob.length === CONTEXT_FIXED_BYTES + readUint16(blob, 16);
}

export function savedHandleOf(blob: Uint8Array): number {
  return readUint32(blob, 8);
}

export function hierarchyOf(blob: Uint8Array): number {
  return readUint32(blob, 12);
}

/** Returns whether a saved context stays valid while the object is in use: true for all but sequence objects. */
export function staysValidInUse(blob: Uint8Array): boolean {
  return savedHandleOf(blob) !== SAVED_SEQUENCE_OBJECT;
}

/** Returns whether two saved contexts claim to be the same save of the same session, whatever else they contain. */
export function sameSave(left: Uint8Array, right: Uint8Array): boolean {
  return sameBytes(left.subarray(0, 12), right.subarray(0, 12));
}
