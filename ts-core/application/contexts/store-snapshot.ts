/**
 * Stores the virtualizer's snapshot in the background: the first change immediately, later ones at most every
 * `SNAPSHOT_INTERVAL_MS`, since every load and every swap changes it.
 */
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { StateStore } from '../ports/state-store.js';

export interface SnapshotParts {
  readonly virtualizer: Virtualizer;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

const SNAPSHOT_INTERVAL_MS = 200;

export class SnapshotWriter {
  #isStale = false;
  /** The write in progress. */
  #writing: Promise<void> | undefined;
  /** The pause between two writes. */
  #pause: { cancel(): void } | undefined;
  #ended = false;
  readonly #parts: SnapshotParts;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    parts.virtualizer.onSnapshotChange = () => {
      this.#isStale = true;
      this.#writeIfDue();
    };
  }

  /** Writes the last snapshot. Once this resolves, nothing more is written. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#pause?.cancel();
    await this.#writing;
    await this.#write();
  }

  #writeIfDue(): void {
    if (this.#ended || !this.#isStale || this.#writing !== undefined || this.#pause !== undefined) return;
    this.#writing = this.#write().then(() => {
      this.#writing = undefined;
      if (this.#ended) return;
      this.#pause = this.#parts.clock.after(SNAPSHOT_INTERVAL_MS, () => {
        this.#pause = undefined;
        this.#writeIfDue();
      });
    });
  }

  async #write(): Promise<void> {
    const { store, virtualizer, log } = this.#parts;
    this.#isStale = false;
    try {
      await store.put('virtualizer', virtualizer.snapshot());
    } catch (error) {
      log.warn({ error }, 'cannot store the list of saved sessions; after a crash the broker would have to flush them');
    }
  }
}
