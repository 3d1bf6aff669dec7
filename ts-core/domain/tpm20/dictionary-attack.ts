/**
 * Resets and configures the TPM's own dictionary-attack logic, with the lockout authorization. TPM 2.0 Library Part 3,
 * 25.
 */
import { concat, uint32 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { runCommand } from './authorized-command.js';
import { TPM_CC, TPM_RH } from './codes.js';

export interface DictionaryAttackParameters {
  readonly maxTries: number;
  /** Seconds after which one failed try is forgotten. */
  readonly recoverySeconds: number;
  /** Seconds after a wrong lockout authorization until the next may be tried; 0 means until the TPM is reset. */
  readonly lockoutRecoverySeconds: number;
}

export function* dictionaryAttackLockReset(lockoutAuth: Uint8Array): Exchange<void> {
  yield* runCommand({ code: TPM_CC.DictionaryAttackLockReset, handles: [TPM_RH.LOCKOUT], auths: [lockoutAuth] });
}

export function* setDictionaryAttackParameters(
  lockoutAuth: Uint8Array,
  { maxTries, recoverySeconds, lockoutRecoverySeconds }: DictionaryAttackParameters,
): Exchange<void> {
  yield* runCommand({
    code: TPM_CC.DictionaryAttackParameters,
    handles: [TPM_RH.LOCKOUT],
    auths: [lockoutAuth],
    parameters: concat(uint32(maxTries), uint32(recoverySeconds), uint32(lockoutRecoverySeconds)),
  });
}
