/**
 * Tells when a source of policy may have changed: the kernel's notices, put together when several come at once, and a
 * look at intervals, for file systems without notices, folders that do not exist yet, and watchers that died.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Log } from '../../application/ports.js';
import { type SourcePlaces, sourcesFingerprint, watchedFiles } from './source-files.js';

export interface SourceWatchOptions {
  readonly places: SourcePlaces;
  /** Changes with the content of Windows' registry, which is looked at at intervals only. */
  readonly registryFingerprint: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  readonly onChange: () => void;
}

/** An editor or a domain client writes files in several steps: they are read once nothing has changed for this long. */
const SETTLE_MS = 100;
/** Files that never rest are read all the same. */
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
    // Folders, not files: a file that is replaced by a rename is another file. And their folders, since some clients
    // replace a folder with all that is in it.
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
      // No such folder yet, or no notices to be had: the next look tries again.
    }
  }

  #stopWatcher(path: string, error: unknown): void {
    this.#options.log.debug({ err: error, path }, 'a watcher of policy files ended; the next look starts it again');
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

  /** A watched folder that was removed keeps its watcher, which then tells nothing more, even of a new one. */
  #dropDeadWatchers(): void {
    for (const [path, watcher] of this.#watchers) {
      watcher.close();
      this.#watchers.delete(path);
    }
    this.#startWatchers();
  }
}
