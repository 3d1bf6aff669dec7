/**
 * Stores the last valid content of each source across restarts, so that the last good policy stays in force when a
 * source is damaged or missing later. Losing this record loses no policy whose sources are intact.
 */
import { join } from 'node:path';
import type { Log } from '../../application/ports/logs.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { makeFolder, replaceFile } from './atomic-write.js';
import { readTrustedFile } from './trusted-file.js';

/** `groupPolicy` stores a domain client's delivery in a text format of its own; the others store a file's bytes. */
export type SourceKind = 'policyFile' | 'registryPol' | 'groupPolicy';

/** The content of a source that is in force. */
export interface GoodSource {
  readonly kind: SourceKind;
  readonly path: string;
  readonly bytes: Uint8Array;
}

const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export class LastGoodSources {
  readonly #path: string;
  readonly #folder: string;
  readonly #log: Log;
  #files = new Map<string, { readonly kind: SourceKind; readonly bytes: Uint8Array }>();
  #saved = '[]';
  readonly #saves = new OneAtATime();

  constructor(folder: string, brokerUid: number, log: Log) {
    this.#folder = folder;
    this.#path = join(folder, 'last-good.json');
    this.#log = log;
    const read = readTrustedFile(this.#path, brokerUid, MAX_RECORD_BYTES);
    if (read.verdict === 'read') this.#load(new TextDecoder().decode(read.bytes));
    if (read.verdict === 'refused')
      log.warn({ path: this.#path, reason: read.reason }, 'the last good policy is not known');
  }

  get(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.bytes;
  }

  /** Returns the paths of one kind, in the order in which they were applied. */
  paths(kind: SourceKind): readonly string[] {
    return [...this.#files].filter(([, file]) => file.kind === kind).map(([path]) => path);
  }

  /** Replaces the record. It is written in the background, so that the policy does not wait for the disk. */
  replace(files: readonly GoodSource[]): void {
    this.#files = new Map(files.map(({ kind, path, bytes }) => [path, { kind, bytes }]));
    const text = JSON.stringify(
      files.map(({ kind, path, bytes }) => ({ kind, path, bytes: Buffer.from(bytes).toString('base64') })),
    );
    if (text === this.#saved) return;
    this.#saved = text;
    void this.#saves.run(() => this.#save(text));
  }

  /** Resolves when all replacements so far have been written. */
  settled(): Promise<void> {
    return this.#saves.settled();
  }

  async #save(text: string): Promise<void> {
    try {
      await makeFolder(this.#folder, 0o700);
      await replaceFile(this.#path, text, 0o600);
    } catch (error) {
      this.#saved = '';
      this.#log.warn({ err: error, path: this.#path }, 'cannot store the last good policy for the next start');
    }
  }

  #load(text: string): void {
    try {
      const files: unknown = JSON.parse(text);
      if (!Array.isArray(files)) throw new Error('not a list');
      for (const file of files as readonly unknown[]) {
        if (!isKeptFile(file)) throw new Error('not a list of files');
        this.#files.set(file.path, { kind: file.kind, bytes: new Uint8Array(Buffer.from(file.bytes, 'base64')) });
      }
      this.#saved = text;
    } catch (error) {
      this.#files.clear();
      this.#log.warn({ err: error, path: this.#path }, 'the last good policy is not known');
    }
  }
}

function isKeptFile(
  file: unknown,
): file is { readonly kind: SourceKind; readonly path: string; readonly bytes: string } {
  if (typeof file !== 'object' || file === null) return false;
  const { kind, path, bytes } = file as Record<string, unknown>;
  const isKnownKind = kind === 'policyFile' || kind === 'registryPol' || kind === 'groupPolicy';
  return isKnownKind && typeof path === 'string' && typeof bytes === 'string';
}
