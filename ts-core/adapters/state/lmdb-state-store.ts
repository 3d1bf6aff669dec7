/**
 * Stores the broker's records in an embedded LMDB environment: one JSON text per record, in the broker's own folder.
 *
 * Durability: without overlapping sync, lmdb-js settles a put after LMDB's commit, which has written and synced first
 * the data pages (fdatasync) and then the meta page (through a descriptor opened with O_DSYNC). LMDB never overwrites a
 * page that a committed state uses, so a kill or a power cut at any byte leaves the last committed state.
 */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { StateRecords, StateStore } from '../../application/ports/state-store.js';
import { TbsError } from '../../domain/tbs-error.js';
import { whyDatabaseFileIsDamaged } from './lmdb-file-check.js';
import { lockStateFolder, type StateFolderLockOptions } from './state-folder-lock.js';

export type LmdbStateStoreOptions = StateFolderLockOptions;

/** Far more than the records need, but small enough that a bug cannot fill the disk. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const MAX_MAP_BYTES = 256 * 1024 * 1024;
const MIN_FREE_BYTES = 128 * 1024;

export class LmdbStateStore implements StateStore {
  readonly #folder: string;
  readonly #lockDescriptor: number;
  readonly #database: RootDatabase<string, string>;
  readonly #commits = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(folder: string, lockDescriptor: number, database: RootDatabase<string, string>) {
    this.#folder = folder;
    this.#lockDescriptor = lockDescriptor;
    this.#database = database;
  }

  /** Opens the store. Throws TBS_E_INTERNAL_ERROR with `reason` in its details: inUse, damaged or unusable. */
  static open(options: LmdbStateStoreOptions): LmdbStateStore {
    prepareFolder(options.folder);
    const lockDescriptor = lockStateFolder(options);
    try {
      const database = openDatabase(options.folder);
      makeNamesDurable(options.folder);
      return new LmdbStateStore(options.folder, lockDescriptor, database);
    } catch (error) {
      closeSync(lockDescriptor);
      throw error;
    }
  }

  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined {
    this.#requireOpen();
    const path = databasePath(this.#folder);
    try {
      const text = this.#database.get(String(name));
      return text === undefined ? undefined : (JSON.parse(text) as StateRecords[Name]);
    } catch (cause) {
      throw damaged(path, `record ${String(name)} cannot be read`, cause);
    }
  }

  async put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void> {
    const text = JSON.stringify(value);
    if (Buffer.byteLength(text) > MAX_RECORD_BYTES) {
      throw unusable('tooLarge', `The record ${String(name)} is larger than ${MAX_RECORD_BYTES} bytes.`);
    }
    await this.#settled(() => this.#database.put(String(name), text));
  }

  async delete(name: keyof StateRecords): Promise<void> {
    await this.#settled(() => this.#database.remove(String(name)));
  }

  /** Finishes writes that have begun, and refuses all others. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#commits);
    await this.#database.close();
    closeSync(this.#lockDescriptor);
  }

  #requireOpen(): void {
    if (this.#closed) throw unusable('closed', 'The broker has closed its records.');
  }

  async #settled(begin: () => Promise<boolean>): Promise<void> {
    this.#requireOpen();
    const commit = begin();
    this.#commits.add(commit);
    try {
      await commit;
    } catch (error) {
      const cause = await causeOfFailedCommit(error);
      // LMDB reports a short write as EIO, but the administrator needs to know that the disk is full.
      if (isDiskFull(this.#folder)) {
        throw unusable('diskFull', 'The record was not stored: the disk of the state folder is full.', cause);
      }
      throw unusable('ioError', 'The broker did not store the record: it cannot write to the state folder.', cause);
    } finally {
      this.#commits.delete(commit);
    }
  }
}

function databasePath(folder: string): string {
  return join(folder, 'records.mdb');
}

function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (process.platform === 'win32') return;
    const status = statSync(folder);
    const uid = process.geteuid?.();
    if (status.uid !== uid) {
      throw unusable('unusable', `The state folder ${folder} belongs to user ${status.uid}, not to the broker's.`);
    }
    if ((status.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  } catch (cause) {
    if (cause instanceof TbsError) throw cause;
    throw unusable('unusable', `The state folder ${folder} cannot be used.`, cause);
  }
}

function openDatabase(folder: string): RootDatabase<string, string> {
  const path = databasePath(folder);
  const reason = readableReason(path);
  if (reason !== undefined) throw damaged(path, reason);
  try {
    // LMDB creates its files with mode 0664 minus the umask, which belongs to all threads; existing files keep theirs.
    for (const file of [path, `${path}-lock`]) closeSync(openSync(file, 'a', 0o600));
    return open<string, string>({
      path,
      noSubdir: true,
      encoding: 'string',
      mapSize: MAX_MAP_BYTES,
      maxDbs: 1,
      maxReaders: 8,
      overlappingSync: false,
      // With batching, a failed commit also rejects a promise that nobody can reach, which would end the process.
      eventTurnBatching: false,
    });
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function readableReason(path: string): string | undefined {
  try {
    return whyDatabaseFileIsDamaged(path);
  } catch (cause) {
    throw unusable('unusable', `The broker's records ${path} cannot be read.`, cause);
  }
}

/** LMDB syncs only its file's content; the names of the file and its folder are in the folders above. */
function makeNamesDurable(folder: string): void {
  if (process.platform === 'win32') return;
  for (const path of [folder, dirname(folder)]) {
    const descriptor = openSync(path, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** lmdb-js puts the reason into a second promise, whose rejection would end the process if nobody awaited it. */
async function causeOfFailedCommit(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  return Promise.resolve(error.commitError).then(
    () => error,
    (reason: unknown) => reason,
  );
}

function isDiskFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < MIN_FREE_BYTES;
  } catch {
    return false;
  }
}

function unusable(reason: string, message: string, cause?: unknown): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message,
    action:
      'Free disk space or repair the state folder; the log of tbsd has the cause. Nothing that was acknowledged is lost.',
    details: { reason },
    cause,
  });
}

function damaged(path: string, reason: string, cause?: unknown): TbsError {
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `The broker's records in ${path} are damaged: ${reason}.`,
    action: 'Restore the file from a backup, or move it away; the broker then starts without its records.',
    details: { reason: 'damaged', path },
    cause,
  });
}
