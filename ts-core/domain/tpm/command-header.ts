/**
 * The ten bytes that start every TPM command and response: tag (2), size (4), code (4), big endian.
 *
 * TPM 2.0 Library Part 1, 18.2 "Command Header Structure"; TPM 1.2 Main Part 2, 6 "Structure tags".
 */
import { TPM_ORD, TPM_TAG } from '../tpm12/codes.js';
import { TPM_ST } from '../tpm20/codes.js';

import type { TpmVersion } from './tpm-version.js';

export const HEADER_BYTES = 10;
const CODE_OFFSET = 6;

export interface CommandHeader {
  readonly tag: number;
  readonly sizeBytes: number;
  /** TPM 2.0 command code or TPM 1.2 ordinal. */
  readonly code: number;
  /** Whether the command carries an authorization, or may wrap one that does, so that the lockout applies. */
  readonly carriesAuthorization: boolean;
}

export type HeaderFault =
  | { readonly kind: 'tooShort'; readonly actualBytes: number }
  | { readonly kind: 'sizeMismatch'; readonly declaredBytes: number; readonly actualBytes: number }
  | { readonly kind: 'tooLarge'; readonly declaredBytes: number; readonly maxBytes: number }
  | { readonly kind: 'badTag'; readonly tag: number; readonly expected: string };

export type HeaderVerdict =
  | { readonly ok: true; readonly header: CommandHeader }
  | { readonly ok: false; readonly fault: HeaderFault };

export function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 8) & 0xff;
  bytes[offset + 1] = value & 0xff;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 24) & 0xff;
  bytes[offset + 1] = (value >>> 16) & 0xff;
  bytes[offset + 2] = (value >>> 8) & 0xff;
  bytes[offset + 3] = value & 0xff;
}

/** Decodes and validates a command's header. Never throws. */
export function decodeCommandHeader(bytes: Uint8Array, version: TpmVersion, maxBytes: number): HeaderVerdict {
  if (bytes.length < HEADER_BYTES) return { ok: false, fault: { kind: 'tooShort', actualBytes: bytes.length } };
  const tag = readUint16(bytes, 0);
  const sizeBytes = readUint32(bytes, 2);
  if (sizeBytes > maxBytes) return { ok: false, fault: { kind: 'tooLarge', declaredBytes: sizeBytes, maxBytes } };
  if (sizeBytes !== bytes.length) {
    return { ok: false, fault: { kind: 'sizeMismatch', declaredBytes: sizeBytes, actualBytes: bytes.length } };
  }
  if (!isCommandTag(tag, version)) {
    const expected = version === '2.0' ? '0x8001 or 0x8002' : '0x00C1, 0x00C2 or 0x00C3';
    return { ok: false, fault: { kind: 'badTag', tag, expected } };
  }
  const code = commandCodeOf(bytes);
  return {
    ok: true,
    header: { tag, sizeBytes, code, carriesAuthorization: mayCarryAuthorization(tag, code, version) },
  };
}

/**
 * TPM_ExecuteTransport always counts, whatever its own tag says, because a lax TPM may run the wrapped command anyway.
 */
function mayCarryAuthorization(tag: number, code: number, version: TpmVersion): boolean {
  if (version === '1.2' && code === TPM_ORD.ExecuteTransport) return true;
  return tag === TPM_ST.SESSIONS || tag === TPM_TAG.RQU_AUTH1_COMMAND || tag === TPM_TAG.RQU_AUTH2_COMMAND;
}

function isCommandTag(tag: number, version: TpmVersion): boolean {
  if (version === '2.0') return tag === TPM_ST.NO_SESSIONS || tag === TPM_ST.SESSIONS;
  return tag >= TPM_TAG.RQU_COMMAND && tag <= TPM_TAG.RQU_AUTH2_COMMAND;
}

/** Returns the command code or ordinal. Callers have already checked that the command has a header. */
export function commandCodeOf(command: Uint8Array): number {
  return readUint32(command, CODE_OFFSET);
}

/** Returns the response code. Callers have already checked that the response has a header. */
export function responseCodeOf(response: Uint8Array): number {
  return readUint32(response, CODE_OFFSET);
}

/** Writes the header of a command or response that fills the bytes. */
export function writeHeader(bytes: Uint8Array, tag: number, code: number): void {
  writeUint16(bytes, 0, tag);
  writeUint32(bytes, 2, bytes.length);
  writeUint32(bytes, CODE_OFFSET, code);
}

/** Returns whether the bytes are a whole response: the header's size field matches their number. */
export function isWholeResponse(response: Uint8Array): boolean {
  return response.length >= HEADER_BYTES && readUint32(response, 2) === response.length;
}

/** Creates a response that is only a header, as a TPM, or a resource manager in its place, reports an error. */
export function errorResponse(version: TpmVersion, responseCode: number): Uint8Array {
  const response = new Uint8Array(HEADER_BYTES);
  writeHeader(response, version === '2.0' ? TPM_ST.NO_SESSIONS : TPM_TAG.RSP_COMMAND, responseCode);
  return response;
}
