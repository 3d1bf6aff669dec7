/**
 * The secrets stored on this machine, encrypted with a key that is sealed to the TPM.
 *
 * The key is unsealed at start and held in memory, because a TPM 1.2 that is locked out would not unseal it later.
 */
import type { MaterialName } from '../../domain/owner-auth/kept-material.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import type { Log } from '../ports/logs.js';
import type { OwnerAuthFiles } from '../ports/owner-auth-stores.js';
import type { OwnerTpm } from './owner-tpm.js';

/** `pending`: the change in progress (domain/owner-auth/pending-change). */
export type SecretName = MaterialName | 'pending';

const KEY_BYTES = 32;

export interface SecretParts {
  readonly files: OwnerAuthFiles;
  readonly tpm: OwnerTpm;
  readonly crypto: Crypto12;
  readonly log: Log;
}

export class KeptSecrets {
  #key: Uint8Array | undefined;
  readonly #parts: SecretParts;

  constructor(parts: SecretParts) {
    this.#parts = parts;
  }

  /** Unseals the key, if there is one. If that fails, logs it and fails every later request for a secret. */
  async open(): Promise<void> {
    try {
      await this.#openKey();
    } catch (error) {
      this.#parts.log.warn({ error }, 'cannot open the stored owner authorization');
    }
  }

  has(name: SecretName): boolean {
    return this.#parts.files.has(name);
  }

  /**
   * Returns a secret, whose bytes the caller wipes. Rejects with TBS_E_OWNERAUTH_NOT_FOUND, `reason` sealBroken, if the
   * key cannot be unsealed.
   */
  async get(name: SecretName): Promise<Uint8Array | undefined> {
    if (!this.#parts.files.has(name)) return undefined;
    const key = await this.#openKey();
    return key === undefined ? undefined : this.#parts.files.read(name, key);
  }

  /** Stores a secret; durable when it resolves. */
  async put(name: SecretName, secret: Uint8Array): Promise<void> {
    this.#parts.files.write(name, await this.#keyForWriting(), secret);
  }

  wipe(name: SecretName): void {
    this.#parts.files.wipe(name);
  }

  /**
   * Removes secrets that no TPM can open any more, so that new ones can be stored. Other failures are left for later.
   */
  async discardBroken(): Promise<void> {
    try {
      await this.#openKey();
    } catch (error) {
      if (!isSealBroken(error)) throw error;
      this.#parts.log.warn({ error }, 'the old owner authorization can no longer be decrypted, so it is removed');
      this.wipeAll();
    }
  }

  /**
   * Encrypts the remaining secrets with a new key, so that remains of removed secrets on the disk cannot be decrypted.
   * After a crash, the next unsealing completes the rotation.
   */
  async rotateKey(): Promise<void> {
    const { files, tpm } = this.#parts;
    const key = await this.#openKey();
    if (key === undefined || files.names().length === 0) {
      this.wipeAll();
      return;
    }
    const next = this.#parts.crypto.randomBytes(KEY_BYTES);
    files.writeNextSealedKey(await tpm.seal(next));
    this.#moveTo(next, key);
  }

  /** Wipes everything after TPM2_Clear or TPM_OwnerClear, when the key can no longer be unsealed. */
  wipeAll(): void {
    this.#key?.fill(0);
    this.#key = undefined;
    this.#parts.files.wipeAll();
  }

  /** Forgets the key, when the broker ends. */
  close(): void {
    this.#key?.fill(0);
    this.#key = undefined;
  }

  async #openKey(): Promise<Uint8Array | undefined> {
    if (this.#key !== undefined) return this.#key;
    const { files } = this.#parts;
    const blob = files.readSealedKey();
    if (blob === undefined) return undefined;
    const key = await this.#unsealed(blob);
    const nextBlob = files.readNextSealedKey();
    if (nextBlob === undefined) this.#key = key;
    else this.#moveTo(await this.#unsealed(nextBlob), key);
    return this.#key;
  }

  async #unsealed(blob: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#parts.tpm.unseal(blob);
    } catch (cause) {
      if (cause instanceof TbsError && cause.symbol !== 'TBS_E_INTERNAL_ERROR') throw cause;
      throw sealBroken(cause);
    }
  }

  /**
   * Encrypts each secret with the next key. At any time, each is encrypted with one of the two; the old key goes last.
   */
  #moveTo(next: Uint8Array, old: Uint8Array): void {
    const { files } = this.#parts;
    for (const name of files.names()) {
      // A damaged secret stays as it is; whoever asks for it gets the error.
      const secret = this.#readUnder(name, old);
      if (secret === undefined) continue;
      files.write(name, next, secret);
      secret.fill(0);
    }
    files.promoteNextSealedKey();
    old.fill(0);
    this.#key = next;
  }

  /** Returns undefined if the secret is encrypted with another key, or damaged. */
  #readUnder(name: string, key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#parts.files.read(name, key);
    } catch (error) {
      if (error instanceof TbsError && error.details['reason'] === 'damaged') return undefined;
      throw error;
    }
  }

  async #keyForWriting(): Promise<Uint8Array> {
    await this.discardBroken();
    const kept = await this.#openKey();
    if (kept !== undefined) return kept;
    const key = this.#parts.crypto.randomBytes(KEY_BYTES);
    this.#parts.files.writeSealedKey(await this.#parts.tpm.seal(key));
    this.#key = key;
    return key;
  }
}

/** Returns whether the error says that no TPM can open the stored secrets any more. */
export function isSealBroken(error: unknown): boolean {
  return error instanceof TbsError && error.details['reason'] === 'sealBroken';
}

function sealBroken(cause: unknown): TbsError {
  return new TbsError('TBS_E_OWNERAUTH_NOT_FOUND', {
    message:
      'The stored owner authorization cannot be decrypted: it is sealed to another TPM, or this TPM has been cleared since.',
    action: 'Import the owner authorization (Import-TpmOwnerAuth), or initialize the TPM again (Initialize-Tpm).',
    details: { reason: 'sealBroken' },
    cause,
  });
}
