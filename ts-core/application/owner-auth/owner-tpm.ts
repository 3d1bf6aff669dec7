/** What the owner authorization needs of a TPM, of either version. Every method rejects with TbsErrors only. */
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { EccCurve } from '../../domain/tpm20/keys.js';
import type { DelegationFamily } from './owner-auth-record.js';

export interface OwnershipState {
  /** TPM 2.0: the lockout authorization is set. TPM 1.2: there is an owner. */
  readonly owned: boolean;
  readonly enabled: boolean;
  readonly activated: boolean;
  readonly ownerClearDisabled: boolean;
  /** TPM 2.0 only. */
  readonly storageAuthSet: boolean;
  readonly endorsementAuthSet: boolean;
  /** The storage root key is there, so that something can be sealed. */
  readonly hasStorageRootKey: boolean;
  readonly hasEndorsementKey: boolean;
}

/** The TPM's own dictionary-attack state. */
export interface TpmLockout {
  readonly lockedOut: boolean;
  readonly failedTries: number;
  /** Null where the TPM does not tell. */
  readonly maxTries: number | null;
  readonly recoverySeconds: number | null;
  readonly lockoutRecoverySeconds: number | null;
}

export interface EndorsementKey {
  readonly publicKey: {
    /** `other`: of another kind, or not shown to whoever asks. */
    readonly algorithm: 'rsa' | 'ecc' | 'other';
    readonly curve?: EccCurve | undefined;
    readonly unique: Uint8Array;
    readonly exponent: number;
  };
  /** SubjectPublicKeyInfo is made by who shows it; these are X.509 certificates in DER. */
  readonly certificates: readonly Uint8Array[];
}

/** TPM 1.2 shows key and certificate of an owned TPM to its owner; the key to whom the owner delegated it, too. */
export interface EndorsementReader {
  readonly owner?: Uint8Array | undefined;
  readonly delegation?: Uint8Array | undefined;
}

export interface OwnerTpm {
  readonly version: TpmVersion;
  ownership(): Promise<OwnershipState>;
  /**
   * One try with `current`; with the same value twice it only proves that the TPM has it. Rejects with
   * TPM_E_AUTHFAIL or TPM_20_E_AUTH_FAIL (the TPM has another value), TPM_E_DEFEND_LOCK_RUNNING or TPM_20_E_LOCKOUT
   * (it was not tried), TBS_E_IOERROR (not known).
   */
  changeOwnerAuth(current: Uint8Array, next: Uint8Array): Promise<void>;
  /** TPM 2.0: one try with the authorization of a hierarchy; a wrong one does no harm there. */
  proveHierarchy?(name: 'storage' | 'endorsement', auth: Uint8Array): Promise<void>;
  /** TPM 1.2: whether the TPM takes a delegation still. */
  takesDelegation?(delegation: Uint8Array): Promise<boolean>;
  clear(ownerAuth: Uint8Array): Promise<void>;
  resetLockout(ownerAuth: Uint8Array): Promise<void>;
  /** TPM 1.2: with the administrators' delegation instead of the owner authorization. */
  resetLockoutDelegated?(delegation: Uint8Array): Promise<void>;
  lockout(): Promise<TpmLockout>;
  /** The data of TPM_GetTestResult or TPM2_GetTestResult, the manufacturer's own. */
  selfTest(): Promise<Uint8Array>;
  /** Whether the TPM has every one of the commands. */
  offersCommands(codes: readonly number[]): Promise<boolean>;
  seal(data: Uint8Array): Promise<Uint8Array>;
  unseal(blob: Uint8Array): Promise<Uint8Array>;
  /** SHA-1 of the storage root key's public part, for the directory. */
  srkThumbprint(ownerAuth: Uint8Array | undefined): Promise<Uint8Array>;
  endorsementKey(reader?: EndorsementReader): Promise<EndorsementKey | undefined>;
  /** TPM 1.2: makes the delegations of a new owner authorization, and voids those of the family before. */
  delegate?(ownerAuth: Uint8Array, previous: DelegationFamily | undefined): Promise<Delegations>;
}

export interface Delegations {
  readonly family: DelegationFamily;
  readonly administrator: Uint8Array;
  readonly user: Uint8Array;
  readonly endorsement: Uint8Array;
}
