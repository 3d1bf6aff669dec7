/** The files of the owner authorization in memory. A secret can only be read with the key under which it was written. */
import type { OwnerAuthFiles } from '../../ts-core/application/ports/owner-auth-stores.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';

interface Kept {
  readonly key: string;
  readonly secret: Uint8Array;
}

export class MemoryOwnerAuthFiles implements OwnerAuthFiles {
  sealed: Uint8Array | undefined;
  nextSealed: Uint8Array | undefined;
  readonly #secrets = new Map<string, Kept>();
  readonly #aside = new Map<string, { sealed: Uint8Array | undefined; secrets: [string, Kept][] }>();

  readSealedKey(): Uint8Array | undefined {
    return this.sealed;
  }
  writeSealedKey(blob: Uint8Array): void {
    this.sealed = blob;
  }
  readNextSealedKey(): Uint8Array | undefined {
    return this.nextSealed;
  }
  writeNextSealedKey(blob: Uint8Array): void {
    this.nextSealed = blob;
  }
  promoteNextSealedKey(): void {
    this.sealed = this.nextSealed;
    this.nextSealed = undefined;
  }
  names(): readonly string[] {
    return [...this.#secrets.keys()];
  }
  has(name: string): boolean {
    return this.#secrets.has(name);
  }
  read(name: string, key: Uint8Array): Uint8Array | undefined {
    const kept = this.#secrets.get(name);
    if (kept === undefined) return undefined;
    if (kept.key !== Buffer.from(key).toString('hex')) {
      throw new TbsError('TBS_E_INTERNAL_ERROR', { details: { reason: 'damaged' } });
    }
    return kept.secret.slice();
  }
  write(name: string, key: Uint8Array, secret: Uint8Array): void {
    this.#secrets.set(name, { key: Buffer.from(key).toString('hex'), secret: secret.slice() });
  }
  wipe(name: string): void {
    this.#secrets.delete(name);
  }
  wipeAll(): void {
    this.sealed = this.nextSealed = undefined;
    this.#secrets.clear();
  }
  setAside(tpm: string): void {
    if (this.#aside.has(tpm)) return;
    this.#aside.set(tpm, { sealed: this.sealed, secrets: [...this.#secrets] });
    this.wipeAll();
  }
  bringBack(tpm: string): void {
    const aside = this.#aside.get(tpm);
    if (aside === undefined) return;
    this.#aside.delete(tpm);
    this.sealed = aside.sealed;
    for (const [name, kept] of aside.secrets) this.#secrets.set(name, kept);
  }
  forgetSetAside(tpm: string): void {
    this.#aside.delete(tpm);
  }
}
