/** Where the owner authorization is stored: files and a directory. */
import type { BackupFailureReason } from '../../domain/owner-auth/backup-failure.js';

/**
 * Files with the secrets of the owner authorization. Each secret has its own file, readable only by the broker's user
 * and encrypted with a key that is sealed to the TPM. When a write returns, it is durable and the bytes that it
 * replaced are overwritten. Throws TBS_E_INTERNAL_ERROR, details `reason`: ioError, diskFull or damaged.
 */
export interface OwnerAuthFiles {
  /** Returns the sealed key as the TPM created it; undefined if there is none. */
  readSealedKey(): Uint8Array | undefined;
  writeSealedKey(blob: Uint8Array): void;
  /** Returns the sealed key that secrets are being moved to; undefined if no move is in progress. */
  readNextSealedKey(): Uint8Array | undefined;
  writeNextSealedKey(blob: Uint8Array): void;
  /** Replaces the sealed key by the next one, and overwrites the old one. */
  promoteNextSealedKey(): void;
  /** Returns the names of the stored secrets. */
  names(): readonly string[];
  has(name: string): boolean;
  /** Returns undefined if there is no such file. The caller wipes the bytes. */
  read(name: string, key: Uint8Array): Uint8Array | undefined;
  write(name: string, key: Uint8Array, secret: Uint8Array): void;
  /** Overwrites and removes the secret, if it exists. */
  wipe(name: string): void;
  /** Overwrites and removes the sealed keys and every secret. */
  wipeAll(): void;
  /**
   * Sets the sealed keys and every secret aside under the name of the TPM that they belong to, so that none remains in
   * use. Does nothing if files are already set aside under this name.
   */
  setAside(tpm: string): void;
  /** Undoes `setAside`, if no keys and secrets are in use. Does nothing if nothing is set aside under this name. */
  bringBack(tpm: string): void;
  /** Overwrites and removes the files that are set aside under this name. */
  forgetSetAside(tpm: string): void;
}

/**
 * Backs up the owner authorization to a directory (AD DS). The value is the base64 text of the owner authorization. It
 * can be written but not read back, so a method resolves on the server's answer to the write.
 *
 * Every method rejects with TBS_E_PROVISIONING_NOT_ALLOWED; `details.reason` is a DirectoryFailure.
 */
export interface OwnerAuthDirectory {
  /** Connects to the server and checks rights and schema. Changes nothing. */
  check(): Promise<DirectoryCheck>;
  /**
   * Phase 1: stores the new value as pending (msTPM-OwnerInformationTemp). The Windows 7 form has no pending value;
   * there this does the same as `check`.
   */
  writePending(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  /** Phase 2: sets msTPM-OwnerInformation and removes the pending value in a single modify operation. */
  commit(value: string, srkThumbprint: Uint8Array): Promise<DirectoryReceipt>;
  close(): Promise<void>;
}

export interface DirectoryCheck {
  /** Host name of the server that answered. */
  readonly server: string;
  readonly form: DirectoryBackupForm;
  /** Distinguished name of this machine's computer object. */
  readonly computer: string;
  /** Distinguished name of the object that contains, or will contain, the owner authorization. */
  readonly target: string;
}

export interface DirectoryReceipt {
  readonly server: string;
  readonly target: string;
  readonly form: DirectoryBackupForm;
}

/**
 * The two places that the directory schema offers for the owner authorization: that of Windows 8 and later, or of
 * Windows 7.
 */
export type DirectoryBackupForm = 'windows8' | 'windows7';

/** Why a backup failed: `details.reason` of the TBS_E_PROVISIONING_NOT_ALLOWED with which the directory rejects. */
export type DirectoryFailure = Exclude<BackupFailureReason, 'error'>;
