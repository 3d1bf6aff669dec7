/** The public part of the TPM_KEY or TPM_KEY12 that a load command carries. TPM Main Part 2, 10.2 and 10.3. */
import { readUint32 } from '../../tpm/command-header.js';
import * as ord from '../../tpm12/ordinal-codes.js';
import { ordinalOf } from './command-shape.js';
import { toHex } from './management-commands.js';

/** Header and parentHandle come before the key. */
const KEY_OFFSET = 14;
/** ver (or tag and fill), keyUsage, keyFlags, authDataUsage, algorithmID, encScheme, sigScheme. */
const BYTES_BEFORE_PARAMETERS = 4 + 2 + 4 + 1 + 4 + 2 + 2;

/** Hexadecimal pubKey of TPM_LoadKey or TPM_LoadKey2; undefined for other commands and malformed keys. */
export function publicPartOfLoadedKey(command: Uint8Array): string | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal !== ord.TPM_ORD_LoadKey2 && ordinal !== ord.TPM_ORD_LoadKey) return undefined;
  const afterParameters = skipSized(command, KEY_OFFSET + BYTES_BEFORE_PARAMETERS);
  const afterPcrInfo = skipSized(command, afterParameters);
  const afterPublic = skipSized(command, afterPcrInfo);
  if (afterPublic === undefined || afterPcrInfo === undefined) return undefined;
  return toHex(command.subarray(afterPcrInfo + 4, afterPublic));
}

function skipSized(bytes: Uint8Array, offset: number | undefined): number | undefined {
  if (offset === undefined || offset + 4 > bytes.length) return undefined;
  const end = offset + 4 + readUint32(bytes, offset);
  return end <= bytes.length ? end : undefined;
}
