/**
 * The record of an owner-authorization change in progress. It is on disk before the TPM changes.
 *
 * Bytes: format (1), phase (1), new value (20), whether the old one is known (1), its length (1), old value.
 */
import { OWNER_AUTH_BYTES } from './owner-auth-value.js';

/**
 * `changing`: the TPM may have the new or the old value. `changingFromOld`: the same, but the TPM has already rejected
 * the new value, so only the old one is left to try. `committing`: the TPM has the new value, and the directory still
 * lists it as pending. `unbacked`: the TPM has the new value, and the directory does not have it.
 */
export type PendingPhase = 'changing' | 'changingFromOld' | 'committing' | 'unbacked';

const PHASES: readonly PendingPhase[] = ['changing', 'changingFromOld', 'committing', 'unbacked'];
const FORMAT = 1;
const FIXED_BYTES = 4 + OWNER_AUTH_BYTES;

export interface PendingChange {
  readonly phase: PendingPhase;
  readonly newValue: Uint8Array;
  /** The TPM's previous value, for recovery; undefined once the TPM is known to have the new one. */
  readonly oldValue: Uint8Array | undefined;
}

export function encodePendingChange({ phase, newValue, oldValue }: PendingChange): Uint8Array {
  const bytes = new Uint8Array(FIXED_BYTES + (oldValue?.length ?? 0));
  bytes[0] = FORMAT;
  bytes[1] = PHASES.indexOf(phase);
  bytes.set(newValue, 2);
  bytes[2 + OWNER_AUTH_BYTES] = oldValue === undefined ? 0 : 1;
  bytes[3 + OWNER_AUTH_BYTES] = oldValue?.length ?? 0;
  if (oldValue !== undefined) bytes.set(oldValue, FIXED_BYTES);
  return bytes;
}

/** Returns undefined if the bytes are not such a record. */
export function decodePendingChange(bytes: Uint8Array): PendingChange | undefined {
  const phase = PHASES[bytes[1] ?? 255];
  if (bytes[0] !== FORMAT || phase === undefined) return undefined;
  const oldLength = bytes[FIXED_BYTES - 1] ?? 0;
  if (bytes.length !== FIXED_BYTES + oldLength) return undefined;
  const oldKnown = bytes[FIXED_BYTES - 2] === 1;
  return {
    phase,
    newValue: bytes.slice(2, 2 + OWNER_AUTH_BYTES),
    oldValue: oldKnown ? bytes.slice(FIXED_BYTES) : undefined,
  };
}
