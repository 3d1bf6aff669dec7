/** What the owner authorization needs from a TPM of either version. Every method rejects with TbsErrors only. */
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
  /** Whether there is a storage root key, which sealing needs. */
  readonly hasStorageRootKey: boolean;
  readonly hasEndorsementKey: boolean;
}

/** The TPM's own dictionary-attack state. */
export interface TpmLockout {
  readonly lockedOut: boolean;
  readonly failedTries: number;
  /** Null if the TPM does not report it. */
  readonly maxTries: number | null;
  readonly recoverySeconds: number | null;
  readonly lockoutRecoverySeconds: number | null;
}

export interface EndorsementKey {
  readonly publicKey: {
    /** `other`: another kind, or the TPM does not show the key to this caller. */
    readonly algorithm: 'rsa' | 'ecc' | 'other';
    readonly curve?: EccCurve | undefined;
    readonly unique: Uint8Array;
    readonly exponent: number;
  };
  /** X.509 certificates in DER. (The public key is only encoded as SubjectPublicKeyInfo where it is shown.) */
  readonly certificates: readonly Uint8Array[];
}

/**
 * A TPM 1.2 that is owned shows the key and its certificate only to the owner, and the key also to those to whom the
 * owner delegated it.
 */
export interface EndorsementReader {
  readonly owner?: Uint8Array | undefined;
  readonly delegation?: Uint8Array | undefined;
}

export interface OwnerTpm {
  readonly version: TpmVersion;
  ownership(): Promise<OwnershipState>;
  /**
   * Makes one attempt with `current`; the same value twice only proves that the TPM has it. Rejects with TPM_E_AUTHFAIL
   * or TPM_20_E_AUTH_FAIL (the TPM has another value), TPM_E_DEFEND_LOCK_RUNNING or TPM_20_E_LOCKOUT (the TPM did not
   * compare it), or TBS_E_IOERROR (outcome unknown).
   */
  changeOwnerAuth(current: Uint8Array, next: Uint8Array): Promise<void>;
  /** TPM 2.0: makes one attempt with the authorization of a hierarchy, where a wrong value is harmless. */
  proveHierarchy?(name: 'storage' | 'endorsement', auth: Uint8Array): Promise<void>;
  /** TPM 1.2: returns whether the TPM still accepts a delegation. */
  takesDelegation?(delegation: Uint8Array): Promise<boolean>;
  clear(ownerAuth: Uint8Array): Promise<void>;
  resetLockout(ownerAuth: Uint8Array): Promise<void>;
  /** TPM 1.2: uses the administrators' delegation instead of the owner authorization. */
  resetLockoutDelegated?(delegation: Uint8Array): Promise<void>;
  lockout(): Promise<TpmLockout>;
  /** Returns the data of TPM_GetTestResult or TPM2_GetTestResult, whose format is the manufacturer's. */
  selfTest(): Promise<Uint8Array>;
  /** Returns whether the TPM has all the commands. */
  offersCommands(codes: readonly number[]): Promise<boolean>;
  seal(data: Uint8Array): Promise<Uint8Array>;
  unseal(blob: Uint8Array): Promise<Uint8Array>;
  /** Returns the SHA-1 digest of the storage root key's public part, for the directory. */
  srkThumbprint(ownerAuth: Uint8Array | undefined): Promise<Uint8Array>;
  endorsementKey(reader?: EndorsementReader): Promise<EndorsementKey | undefined>;
  /** TPM 1.2: creates the delegations of a new owner authorization, and voids those of the previous family. */
  delegate?(ownerAuth: Uint8Array, previous: DelegationFamily | undefined): Promise<Delegations>;
}

export interface Delegations {
  readonly family: DelegationFamily;
  readonly administrator: Uint8Array;
  readonly user: Uint8Array;
  readonly endorsement: Uint8Array;
}
