/**
 * Stores the virtualizer's snapshot in the background: the first change immediately, later ones at most every
 * `SNAPSHOT_INTERVAL_MS`, since every load and every swap changes it. A handle that the stored snapshot does not name is
 * stored sooner: if the broker were killed before, it would stay in the TPM until the TPM's next reset.
 */
import type { Virtualizer, VirtualizerSnapshot } from '../../domain/virtualization/virtualizer.js';
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
const NEW_HANDLE_INTERVAL_MS = 20;

export class SnapshotWriter {
  #isStale = false;
  /** The write in progress. */
  #writing: Promise<void> | undefined;
  /** The pause between two writes. */
  #pause: { cancel(): void } | undefined;
  #ended = false;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #writtenHandles: ReadonlySet<number> = new Set();
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
    // Others may use the TPM before the next broker starts, so that this one says nothing about their objects.
    const { unmanagedObjects: _, ...atTheStop } = this.#parts.virtualizer.snapshot();
    await this.#write(atTheStop);
  }

  #writeIfDue(): void {
    if (this.#ended || !this.#isStale || this.#writing !== undefined || this.#pause !== undefined) return;
    const { clock, virtualizer } = this.#parts;
    const snapshot = virtualizer.snapshot();
    const hasNewHandle = snapshot.ownedHandles.some((handle) => !this.#writtenHandles.has(handle));
    if (clock.monotonicMs() - this.#writtenMs < SNAPSHOT_INTERVAL_MS && !hasNewHandle) {
      this.#pauseBriefly();
      return;
    }
    this.#isStale = false;
    this.#writing = this.#write(snapshot).then(() => {
      this.#writing = undefined;
      this.#writtenMs = clock.monotonicMs();
      if (!this.#ended) this.#pauseBriefly();
    });
  }

  #pauseBriefly(): void {
    this.#pause = this.#parts.clock.after(NEW_HANDLE_INTERVAL_MS, () => {
      this.#pause = undefined;
      this.#writeIfDue();
    });
  }

  async #write(snapshot: VirtualizerSnapshot): Promise<void> {
    const { store, log } = this.#parts;
    try {
      await store.put('virtualizer', snapshot);
      this.#writtenHandles = new Set(snapshot.ownedHandles);
    } catch (error) {
      log.warn({ error }, 'cannot store the list of saved sessions; after a crash the broker would have to flush them');
    }
  }
}
