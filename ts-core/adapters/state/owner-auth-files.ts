/**
 * Stores the owner authorization's secrets on disk, encrypted with AES-256-GCM, one file each. They are not in the
 * database, because its freed pages would keep old bytes.
 *
 * A replaced or removed file is overwritten before it is unlinked. Journalling, copy-on-write and flash storage may
 * keep copies below the file system, which only the encryption protects.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { OwnerAuthFiles } from '../../application/ports/owner-auth-stores.js';
import { TbsError } from '../../domain/tbs-error.js';

const MAGIC = Buffer.from('TPMTBS-OA1');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + NONCE_BYTES + TAG_BYTES;
const SEALED_KEY = 'sealed-key';
const NEXT_SEALED_KEY = 'sealed-key-next';
const MAX_FILE_BYTES = 64 * 1024;
/** Names of files that are being written or removed; whatever a crash leaves of them is wiped at the next start. */
const UNFINISHED = /\.(?:new|old)$/;

export class EncryptedOwnerAuthFiles implements OwnerAuthFiles {
  readonly #folder: string;

  /** Opens the folder and wipes unfinished files that a crash left. Throws TBS_E_INTERNAL_ERROR. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#guarded(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
      for (const name of readdirSync(folder)) if (UNFINISHED.test(name)) this.#overwriteAndUnlink(join(folder, name));
      this.#syncFolder();
    });
  }

  readSealedKey(): Uint8Array | undefined {
    return this.#readFile(SEALED_KEY);
  }

  writeSealedKey(blob: Uint8Array): void {
    this.#replace(SEALED_KEY, blob);
  }

  readNextSealedKey(): Uint8Array | undefined {
    return this.#readFile(NEXT_SEALED_KEY);
  }

  writeNextSealedKey(blob: Uint8Array): void {
    this.#replace(NEXT_SEALED_KEY, blob);
  }

  promoteNextSealedKey(): void {
    const next = this.#readFile(NEXT_SEALED_KEY);
    if (next === undefined) return;
    this.#replace(SEALED_KEY, next);
    this.wipe(NEXT_SEALED_KEY);
  }

  names(): readonly string[] {
    const found = this.#guarded(() => readdirSync(this.#folder));
    return found.filter((name) => !UNFINISHED.test(name) && name !== SEALED_KEY && name !== NEXT_SEALED_KEY);
  }

  has(name: string): boolean {
    return this.#readFile(name) !== undefined;
  }

  read(name: string, key: Uint8Array): Uint8Array | undefined {
    const bytes = this.#readFile(name);
    if (bytes === undefined) return undefined;
    if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(name);
    const nonce = bytes.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    // The name is authenticated too, so that one secret cannot replace another.
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(bytes.subarray(MAGIC.length + NONCE_BYTES, HEADER_BYTES));
    try {
      return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]));
    } catch (cause) {
      throw damaged(name, cause);
    }
  }

  write(name: string, key: Uint8Array, secret: Uint8Array): void {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(name));
    const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
    this.#replace(name, Buffer.concat([MAGIC, nonce, cipher.getAuthTag(), ciphertext]));
  }

  wipe(name: string): void {
    this.#guarded(() => {
      const path = join(this.#folder, name);
      if (!this.#exists(path)) return;
      // Rename first, so that a half-overwritten secret is never found and reported as damaged.
      renameSync(path, `${path}.old`);
      this.#syncFolder();
      this.#overwriteAndUnlink(`${path}.old`);
      this.#syncFolder();
    });
  }

  wipeAll(): void {
    for (const name of this.#guarded(() => readdirSync(this.#folder))) this.wipe(name);
  }

  setAside(tpm: string): void {
    this.#guarded(() => {
      const aside = this.#asideFolder(tpm);
      if (this.#exists(aside) || readdirSync(this.#folder).length === 0) return;
      renameSync(this.#folder, aside);
      mkdirSync(this.#folder, { mode: 0o700 });
      syncFolder(dirname(this.#folder));
    });
  }

  bringBack(tpm: string): void {
    this.#guarded(() => {
      const aside = this.#asideFolder(tpm);
      if (!this.#exists(aside)) return;
      // Fails if it is not empty: nothing that belongs to another TPM is lost.
      rmdirSync(this.#folder);
      renameSync(aside, this.#folder);
      syncFolder(dirname(this.#folder));
    });
  }

  forgetSetAside(tpm: string): void {
    this.#guarded(() => {
      const aside = this.#asideFolder(tpm);
      if (!this.#exists(aside)) return;
      for (const name of readdirSync(aside)) this.#overwriteAndUnlink(join(aside, name));
      rmdirSync(aside);
      syncFolder(dirname(aside));
    });
  }

  #asideFolder(tpm: string): string {
    return `${this.#folder}-of-${tpm}`;
  }

  #replace(name: string, bytes: Uint8Array): void {
    const path = join(this.#folder, name);
    this.#guarded(() => {
      const descriptor = openSync(`${path}.new`, 'w', 0o600);
      try {
        // Unlike writeSync, this continues after a short write and so receives the error of a full disk.
        writeFileSync(descriptor, bytes);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      const replaces = this.#exists(path);
      if (replaces) {
        rmSync(`${path}.old`, { force: true });
        linkSync(path, `${path}.old`);
      }
      renameSync(`${path}.new`, path);
      this.#syncFolder();
      if (!replaces) return;
      this.#overwriteAndUnlink(`${path}.old`);
      this.#syncFolder();
    });
  }

  #readFile(name: string): Buffer | undefined {
    const path = join(this.#folder, name);
    return this.#guarded(() => {
      if (!this.#exists(path)) return undefined;
      if (statSync(path).size > MAX_FILE_BYTES) throw damaged(name);
      return readFileSync(path);
    });
  }

  #exists(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  }

  #overwriteAndUnlink(path: string): void {
    const descriptor = openSync(path, 'r+');
    try {
      const { size, nlink } = fstatSync(descriptor);
      // A crash between link and rename in #replace leaves a second name for the file that is still in use.
      if (nlink === 1) {
        writeSync(descriptor, new Uint8Array(size), 0, undefined, 0);
        fsyncSync(descriptor);
      }
    } finally {
      closeSync(descriptor);
    }
    unlinkSync(path);
  }

  #syncFolder(): void {
    syncFolder(this.#folder);
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof TbsError) throw cause;
      const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
      throw new TbsError('TBS_E_INTERNAL_ERROR', {
        message: `The owner authorization's files in ${this.#folder} cannot be ${full ? 'written: the disk is full' : 'used'}.`,
        action: 'Free disk space or repair the folder, and try again; nothing was changed in the TPM.',
        details: { reason: full ? 'diskFull' : 'ioError', folder: this.#folder },
        cause,
      });
    }
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function damaged(name: string, cause?: unknown): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `The stored owner authorization (${name}) is damaged, or was encrypted with another key.`,
    action: 'Import the owner authorization again (Import-TpmOwnerAuth), or restore the file from a backup.',
    details: { reason: 'damaged', name },
    cause,
  });
}
