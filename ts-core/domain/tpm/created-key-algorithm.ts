/**
 * The algorithm of the key that a TPM 2.0 command creates, for learning what key generation costs: RSA and ECC differ
 * by orders of magnitude under one command code. Part 3, TPM2_Create, TPM2_CreatePrimary, TPM2_CreateLoaded.
 */
import { HEADER_BYTES, readUint16, readUint32, TPM_ST_SESSIONS } from './command-header.js';

const CREATING_CODES: ReadonlySet<number> = new Set([0x131, 0x153, 0x191]);

/** TPM_ALG_ID of the public area's type; 0 for other commands and for bytes that do not decode. */
export function createdKeyAlgorithm(code: number, command: Uint8Array): number {
  if (!CREATING_CODES.has(code)) return 0;
  let offset = HEADER_BYTES + 4; // one handle: parent or hierarchy
  if (readUint16(command, 0) === TPM_ST_SESSIONS) {
    if (offset + 4 > command.length) return 0;
    offset += 4 + readUint32(command, offset);
  }
  if (offset + 2 > command.length) return 0;
  offset += 2 + readUint16(command, offset); // TPM2B_SENSITIVE_CREATE
  offset += 2; // size of TPM2B_PUBLIC
  return offset + 2 > command.length ? 0 : readUint16(command, offset);
}
