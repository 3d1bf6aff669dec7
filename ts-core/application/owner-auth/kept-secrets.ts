/**
 * The secrets that are kept on this machine, behind a key that is sealed to the TPM.
 *
 * The key is opened at start and held in memory: a TPM 1.2 that is locked out would not open it later.
 */
import type { MaterialName } from '../../domain/owner-auth/kept-material.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import type { Log } from '../ports/logs.js';
import type { OwnerAuthFiles } from '../ports/owner-auth-stores.js';
import type { OwnerTpm } from './owner-tpm.js';

/** `pending`: the change under way (domain/owner-auth/pending-change). */
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

  /** Opens the key, if there is one. A seal that does not open is told to the log, and to whoever asks for a secret. */
  async open(): Promise<void> {
    try {
      await this.#openKey();
    } catch (error) {
      this.#parts.log.warn({ error }, 'the stored owner authorization cannot be opened');
    }
  }

  has(name: SecretName): boolean {
    return this.#parts.files.has(name);
  }

  /** The caller wipes the bytes. Rejects with TBS_E_OWNERAUTH_NOT_FOUND, `reason` sealBroken, when the seal does not open. */
  async get(name: SecretName): Promise<Uint8Array | undefined> {
    if (!this.#parts.files.has(name)) return undefined;
    const key = await this.#openKey();
    return key === undefined ? undefined : this.#parts.files.read(name, key);
  }

  /** Durable when it resolves. */
  async put(name: SecretName, secret: Uint8Array): Promise<void> {
    this.#parts.files.write(name, await this.#keyForWriting(), secret);
  }

  wipe(name: SecretName): void {
    this.#parts.files.wipe(name);
  }

  /** Removes what no TPM opens any more, so that new secrets can be kept. Other failures are left for later. */
  async discardBroken(): Promise<void> {
    try {
      await this.#openKey();
    } catch (error) {
      if (!isSealBroken(error)) throw error;
      this.#parts.log.warn({ error }, 'the old owner authorization cannot be opened any more and is removed');
      this.wipeAll();
    }
  }

  /**
   * Puts what stays under a new key, so that the old one, with whatever the disk still holds of what was removed, is good
   * for nothing. A crash in between is made up for when the key is opened again.
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

  /** After TPM2_Clear or TPM_OwnerClear, when nothing opens any more. */
  wipeAll(): void {
    this.#key?.fill(0);
    this.#key = undefined;
    this.#parts.files.wipeAll();
  }

  /** Forgets the key; for the end of the broker. */
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

  /** Each secret is under one of the two keys at any time; the old key goes when none needs it. */
  #moveTo(next: Uint8Array, old: Uint8Array): void {
    const { files } = this.#parts;
    for (const name of files.names()) {
      // One that is damaged stays as it is, for whoever asks for it.
      const secret = this.#readUnder(name, old);
      if (secret === undefined) continue;
      files.write(name, next, secret);
      secret.fill(0);
    }
    files.promoteNextSealedKey();
    old.fill(0);
    this.#key = next;
  }

  /** Undefined when the secret is under another key, or damaged. */
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

/** No TPM opens the kept secrets any more. */
export function isSealBroken(error: unknown): boolean {
  return error instanceof TbsError && error.details['reason'] === 'sealBroken';
}

function sealBroken(cause: unknown): TbsError {
  return new TbsError('TBS_E_OWNERAUTH_NOT_FOUND', {
    message:
      'The stored owner authorization cannot be opened: it is sealed to another TPM, or this one was cleared since.',
    action: 'Import the owner authorization (Import-TpmOwnerAuth), or initialize the TPM again (Initialize-Tpm).',
    details: { reason: 'sealBroken' },
    cause,
  });
}
