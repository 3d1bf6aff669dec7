/** The TPM as its owner sees it: Get-Tpm, provisioning, lockout of the TPM itself, endorsement key. */
import { z } from 'zod';
import { method, noParams } from './method.js';
import { currentAuthText } from './owner-auth.js';

/** The properties of Windows' Get-Tpm. */
export interface TpmState {
  readonly tpmPresent: boolean;
  readonly tpmReady: boolean;
  readonly tpmEnabled: boolean;
  readonly tpmActivated: boolean;
  readonly tpmOwned: boolean;
  /** A physical presence request waits for the next start of the machine. */
  readonly restartPending: boolean;
  readonly manufacturerId: number;
  readonly manufacturerIdTxt: string;
  readonly manufacturerVersion: string;
  readonly manufacturerVersionFull20: string;
  readonly managedAuthLevel: 'None' | 'Delegated' | 'Full' | 'LockoutOnly';
  /** Base64, for administrators and where the level keeps it; null otherwise. */
  readonly ownerAuth: string | null;
  readonly ownerClearDisabled: boolean;
  readonly autoProvisioning: 'NotDefined' | 'Enabled' | 'Disabled' | 'DisabledForNextBoot';
  readonly lockedOut: boolean;
  /** `10 minutes`; empty where the TPM does not tell. */
  readonly lockoutHealTime: string;
  readonly lockoutCount: number;
  readonly lockoutMax: number | null;
  /** TPM_GetTestResult's or TPM2_GetTestResult's data, as bytes. */
  readonly selfTest: readonly number[];
}

export const tpmGet = method<TpmState>()('tpm/get', noParams);

export interface ProvisioningState {
  readonly tpmReady: boolean;
  readonly restartRequired: boolean;
  readonly shutdownRequired: boolean;
  readonly clearRequired: boolean;
  readonly physicalPresenceRequired: boolean;
  /** Provisioning information bits (Win32_Tpm.Provision). */
  readonly information: number;
  /** The same bits by name. */
  readonly needs: readonly string[];
}

/** `allowClear`, `allowPhysicalPresence`: of Initialize-Tpm; without them nothing that is in the TPM is lost. */
export const tpmInitialize = method<ProvisioningState>()(
  'tpm/initialize',
  z
    .strictObject({ allowClear: z.boolean().default(false), allowPhysicalPresence: z.boolean().default(false) })
    .optional(),
);

export const tpmProvisioning = method<ProvisioningState>()('tpm/provisioning', noParams);

const withOwnerAuth = z.strictObject({ ownerAuth: currentAuthText.optional() }).optional();

export const tpmClear = method<Record<string, never>>()('tpm/clear', withOwnerAuth);

/** Resets the TPM's own dictionary-attack logic and empties the ledger of standard users. */
export const tpmUnblock = method<Record<string, never>>()('tpm/unblock', withOwnerAuth);

export interface EndorsementKeyInfo {
  readonly isPresent: boolean;
  readonly algorithm: 'rsa' | 'ecc' | 'other' | null;
  /** SubjectPublicKeyInfo in DER, base64; null for a key of another kind or none. */
  readonly publicKey: string | null;
  /** SHA-256 of it, hexadecimal. */
  readonly publicKeyHash: string | null;
  /** X.509 in DER, base64. */
  readonly manufacturerCertificates: readonly string[];
  readonly additionalCertificates: readonly string[];
}

export const tpmEndorsementKey = method<EndorsementKeyInfo>()('tpm/endorsementKey', noParams);

/** Those of the features asked for that this TPM supports; all that it supports for an empty list. */
export const tpmSupportedFeatures = method<{ readonly features: readonly string[] }>()(
  'tpm/supportedFeatures',
  z.strictObject({ features: z.array(z.string().min(1).max(80)).max(32).default([]) }),
);

/** The parameters of the TPM's own dictionary-attack logic; null where the TPM does not tell. */
export interface LockoutParameters {
  readonly maxTries: number | null;
  readonly recoverySeconds: number | null;
  readonly lockoutRecoverySeconds: number | null;
  readonly lockedOut: boolean;
  readonly failedTries: number;
}

export const tpmLockoutParametersGet = method<LockoutParameters>()('tpmLockoutParameters/get', noParams);

const seconds = z.number().int().min(0).max(0xffffffff);

export const tpmLockoutParametersSet = method<LockoutParameters>()(
  'tpmLockoutParameters/set',
  z.strictObject({
    maxTries: seconds.optional(),
    recoverySeconds: seconds.optional(),
    lockoutRecoverySeconds: seconds.optional(),
    ownerAuth: currentAuthText.optional(),
  }),
);

export interface AutoProvisioningState {
  readonly autoProvisioning: 'NotDefined' | 'Enabled' | 'Disabled' | 'DisabledForNextBoot';
}

export const autoProvisioningSet = method<AutoProvisioningState>()(
  'autoProvisioning/set',
  z.strictObject({ autoProvisioning: z.enum(['Enabled', 'Disabled', 'DisabledForNextBoot']) }),
);
