/**
 * Reports when a policy source may have changed. It combines notifications of the kernel that arrive together, and also
 * polls, for file systems without notifications, folders that do not exist yet, and watchers that have failed.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../application/ports/logs.js';
import type { Clock } from '../../application/ports/operating-system.js';
import { type SourcePlaces, sourcesFingerprint, watchedFiles } from './source-files.js';

export interface SourceWatchOptions {
  readonly places: SourcePlaces;
  /** Changes with the content of Windows' registry, which is only polled. */
  readonly registryFingerprint: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  readonly onChange: () => void;
}

/** Editors and domain clients write files in several steps, so they are read once nothing has changed for this long. */
const SETTLE_MS = 100;
/** Files that keep changing are read after this time anyway. */
const LONGEST_SETTLE_MS = 2_000;

export class SourceWatch {
  readonly #options: SourceWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #settle: { cancel(): void } | undefined;
  #firstNoticeMs: number | undefined;
  #poll: { cancel(): void } | undefined;
  #fingerprint: string;
  #closed = false;

  constructor(options: SourceWatchOptions) {
    this.#options = options;
    this.#fingerprint = this.#takeFingerprint();
    this.#startWatchers();
    this.#armPoll();
  }

  close(): void {
    this.#closed = true;
    this.#settle?.cancel();
    this.#poll?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #armPoll(): void {
    this.#poll = this.#options.clock.after(this.#options.pollMs, () => {
      this.#startWatchers();
      this.#look();
      this.#armPoll();
    });
  }

  #look(): void {
    const fingerprint = this.#takeFingerprint();
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.#options.onChange();
  }

  #takeFingerprint(): string {
    return `${sourcesFingerprint(this.#options.places)}\n${this.#options.registryFingerprint()}`;
  }

  #startWatchers(): void {
    const { places } = this.#options;
    // Watches folders rather than files, because a rename replaces the file; and the parent folders, because some
    // clients replace a whole folder.
    const folders = [places.folder, ...watchedFiles(places).map((file) => dirname(file))];
    for (const path of new Set(folders.flatMap((folder) => [folder, dirname(folder)]))) {
      if (!this.#watchers.has(path)) this.#startWatcher(path);
    }
  }

  #startWatcher(path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, () => this.#noticed());
      watcher.on('error', (error) => this.#stopWatcher(path, error));
      this.#watchers.set(path, watcher);
    } catch {
      // The folder does not exist yet, or it cannot be watched; the next poll tries again.
    }
  }

  #stopWatcher(path: string, error: unknown): void {
    this.#options.log.debug({ err: error, path }, 'a watcher of policy files ended; the next poll starts it again');
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  #noticed(): void {
    if (this.#closed) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#firstNoticeMs ??= nowMs;
    if (this.#settle !== undefined && nowMs - this.#firstNoticeMs > LONGEST_SETTLE_MS - SETTLE_MS) return;
    this.#settle?.cancel();
    this.#settle = this.#options.clock.after(SETTLE_MS, () => {
      this.#settle = undefined;
      this.#firstNoticeMs = undefined;
      this.#dropDeadWatchers();
      this.#look();
    });
  }

  /** The watcher of a removed folder never fires again, even if the folder is created anew, so all are replaced. */
  #dropDeadWatchers(): void {
    for (const [path, watcher] of this.#watchers) {
      watcher.close();
      this.#watchers.delete(path);
    }
    this.#startWatchers();
  }
}
