/**
 * Decides how long a command may take before the TPM counts as hung, and whether a suspend waits for it.
 *
 * Classes as in the TCG PC Client TPM profile (short, medium, long durations); the time limits are generous: key
 * generation on a discrete TPM takes minutes at worst (TPM2_Create of RSA 2048 has been seen at 60 s).
 */
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD } from '../tpm12/codes.js';
import { LAST_ASSIGNED_CODE, TPM_CC } from '../tpm20/codes.js';

export type DurationClass = 'short' | 'medium' | 'long';

const TIMEOUT_MS: Readonly<Record<DurationClass, number>> = { short: 20_000, medium: 60_000, long: 300_000 };

const LONG_TPM20: ReadonlySet<number> = new Set([
  TPM_CC.CreatePrimary,
  TPM_CC.Create,
  TPM_CC.CreateLoaded,
  TPM_CC.Clear,
  TPM_CC.ChangeEPS,
  TPM_CC.ChangePPS,
  TPM_CC.SelfTest,
  TPM_CC.IncrementalSelfTest,
  TPM_CC.FieldUpgradeStart,
  TPM_CC.FieldUpgradeData,
]);

const MEDIUM_TPM20: ReadonlySet<number> = new Set([
  TPM_CC.EvictControl,
  TPM_CC.NV_DefineSpace,
  TPM_CC.NV_UndefineSpace,
  TPM_CC.NV_Write,
  TPM_CC.NV_Increment,
  TPM_CC.NV_Extend,
  TPM_CC.Certify,
  TPM_CC.Sign,
  TPM_CC.Quote,
  TPM_CC.RSA_Decrypt,
  TPM_CC.RSA_Encrypt,
  TPM_CC.VerifySignature,
  TPM_CC.ECDH_ZGen,
  TPM_CC.ECDH_KeyGen,
  TPM_CC.Import,
  TPM_CC.Load,
  TPM_CC.Startup,
  TPM_CC.Shutdown,
]);

const LONG_TPM12: ReadonlySet<number> = new Set([
  TPM_ORD.TakeOwnership,
  TPM_ORD.CMK_CreateKey,
  TPM_ORD.CreateWrapKey,
  TPM_ORD.SelfTestFull,
  TPM_ORD.ContinueSelfTest,
  TPM_ORD.OwnerClear,
  TPM_ORD.ForceClear,
  TPM_ORD.CreateEndorsementKeyPair,
  TPM_ORD.CreateRevocableEK,
  TPM_ORD.MakeIdentity,
  TPM_ORD.FieldUpgrade,
]);

const SHORT_TPM12: ReadonlySet<number> = new Set([
  TPM_ORD.OIAP,
  TPM_ORD.OSAP,
  TPM_ORD.DSAP,
  TPM_ORD.Extend,
  TPM_ORD.PcrRead,
  TPM_ORD.GetRandom,
  TPM_ORD.StirRandom,
  TPM_ORD.GetCapability,
  TPM_ORD.FlushSpecific,
]);

/** Treats an unknown command as long, because a vendor's command may generate keys. */
export function durationClass(version: TpmVersion, code: number): DurationClass {
  if (version === '1.2') {
    if (LONG_TPM12.has(code)) return 'long';
    return SHORT_TPM12.has(code) ? 'short' : 'medium';
  }
  if (LONG_TPM20.has(code)) return 'long';
  if (MEDIUM_TPM20.has(code)) return 'medium';
  return code <= LAST_ASSIGNED_CODE ? 'short' : 'long';
}

/**
 * Returns how long a TPM may take to answer a command of the class before it counts as hung: at most `longestMs`, if that
 * is given.
 */
export function timeoutMs(duration: DurationClass, longestMs = TIMEOUT_MS.long): number {
  return Math.min(TIMEOUT_MS[duration], longestMs);
}
