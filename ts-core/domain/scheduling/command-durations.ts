/**
 * How long a command may take before the TPM counts as hanging, and whether a suspend waits for it.
 *
 * Classes as in the TCG PC Client TPM profile (short, medium, long durations); the allowances are those of generous
 * hosts: key generation on a discrete TPM takes minutes at worst (TPM2_Create of RSA 2048 has been seen at 60 s).
 */
import type { TpmVersion } from '../tpm/tpm-version.js';

export type DurationClass = 'short' | 'medium' | 'long';

export const TIMEOUT_MS: Readonly<Record<DurationClass, number>> = { short: 20_000, medium: 60_000, long: 300_000 };

const LONG_TPM20: ReadonlySet<number> = new Set([
  0x131, // CreatePrimary
  0x153, // Create
  0x191, // CreateLoaded
  0x126, // Clear
  0x124, // ChangeEPS
  0x125, // ChangePPS
  0x143, // SelfTest
  0x142, // IncrementalSelfTest
  0x12f, // FieldUpgradeStart
  0x141, // FieldUpgradeData
]);

const MEDIUM_TPM20: ReadonlySet<number> = new Set([
  0x120, // EvictControl
  0x12a, // NV_DefineSpace
  0x122, // NV_UndefineSpace
  0x137, // NV_Write
  0x134, // NV_Increment
  0x136, // NV_Extend
  0x148, // Certify
  0x15d, // Sign
  0x158, // Quote
  0x159, // RSA_Decrypt
  0x174, // RSA_Encrypt
  0x177, // VerifySignature
  0x154, // ECDH_ZGen
  0x163, // ECDH_KeyGen
  0x156, // Import
  0x157, // Load
  0x144, // Startup
  0x145, // Shutdown
]);

const LONG_TPM12: ReadonlySet<number> = new Set([
  13, // TakeOwnership
  19, // CMK_CreateKey
  31, // CreateWrapKey
  80, // SelfTestFull
  83, // ContinueSelfTest
  91, // OwnerClear
  93, // ForceClear
  120, // CreateEndorsementKeyPair
  127, // CreateRevocableEK
  121, // MakeIdentity
  170, // FieldUpgrade
]);

const SHORT_TPM12: ReadonlySet<number> = new Set([10, 11, 17, 20, 21, 70, 71, 101, 186]);

/** An unknown command is long: a vendor's may generate keys. */
export function durationClass(version: TpmVersion, code: number): DurationClass {
  if (version === '1.2') {
    if (LONG_TPM12.has(code)) return 'long';
    return SHORT_TPM12.has(code) ? 'short' : 'medium';
  }
  if (LONG_TPM20.has(code)) return 'long';
  if (MEDIUM_TPM20.has(code)) return 'medium';
  return code <= 0x1ff ? 'short' : 'long';
}
