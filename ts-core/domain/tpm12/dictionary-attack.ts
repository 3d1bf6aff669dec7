/**
 * Resets the TPM's own dictionary-attack logic, with the owner authorization, and reads its state. TPM Main Part 3, 8.8
 * "TPM_ResetLockValue"; Part 2, 21.9 and 21.10.
 */
import { FieldReader, uint16 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { openOiap } from './authorization-sessions.js';
import { readCapability, runCommand, Tpm12CommandError } from './authorized-command.js';
import { TPM_CAP, TPM_DA_ACTION_TIMEOUT, TPM_DA_STATE_ACTIVE, TPM_ET, TPM_ORD, TPM_TAG } from './codes.js';
import type { Crypto12 } from './crypto12.js';

export function* resetLockValue(crypto12: Crypto12, ownerSecret: Uint8Array): Exchange<void> {
  const session = yield* openOiap(crypto12);
  yield* runCommand(crypto12, { ordinal: TPM_ORD.ResetLockValue }, [{ session, entitySecret: ownerSecret }]);
}

export interface DictionaryAttackInfo {
  readonly active: boolean;
  /** Undefined for a TPM that reports only its state. */
  readonly currentCount: number | undefined;
  readonly thresholdCount: number | undefined;
  /** Seconds until the TPM accepts the next try; undefined while it is not locked, or when only a reset unlocks it. */
  readonly remainingSeconds: number | undefined;
}

/**
 * TPM Main Part 2, 21.9 TPM_DA_INFO and 21.10 TPM_DA_INFO_LIMITED; undefined for a TPM that does not report it.
 */
export function* readDictionaryAttackInfo(crypto12: Crypto12): Exchange<DictionaryAttackInfo | undefined> {
  try {
    const reader = new FieldReader(yield* readCapability(crypto12, TPM_CAP.DA_LOGIC, uint16(TPM_ET.SRK)));
    const tag = reader.uint16();
    const active = reader.uint8() === TPM_DA_STATE_ACTIVE;
    if (tag !== TPM_TAG.DA_INFO) {
      return { active, currentCount: undefined, thresholdCount: undefined, remainingSeconds: undefined };
    }
    const [currentCount, thresholdCount] = [reader.uint16(), reader.uint16()];
    reader.uint16();
    const timesOut = (reader.uint32() & TPM_DA_ACTION_TIMEOUT) !== 0;
    const dependValue = reader.uint32();
    return { active, currentCount, thresholdCount, remainingSeconds: active && timesOut ? dependValue : undefined };
  } catch (error) {
    if (error instanceof Tpm12CommandError) return undefined;
    throw error;
  }
}
