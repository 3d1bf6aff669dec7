/** A virtualizer that changes nothing and records its calls, for tests of its callers. */
import type { Caller } from '../../ts-core/domain/caller.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type {
  ResourceCounts,
  ResourceHolder,
  SwapNeed,
  Virtualizer,
  VirtualizerSnapshot,
  VirtualResource,
} from '../../ts-core/domain/virtualization/virtualizer.js';

export class PassThroughVirtualizer implements Virtualizer {
  onSnapshotChange: (() => void) | undefined;
  readonly closed: number[] = [];
  readonly discarded: number[] = [];
  resets = 0;

  *start(): Exchange<void> {}

  handlesOf(): readonly number[] {
    return [];
  }

  openContext(_contextId: number, _caller: Caller): void {}

  /** The swap needs of a context's commands, set by the test. */
  readonly swapNeeds = new Map<number, SwapNeed>();

  swapNeed(contextId: number): SwapNeed {
    return this.swapNeeds.get(contextId) ?? 'none';
  }

  *execute(_contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    return yield command;
  }

  // biome-ignore lint/correctness/useYield: an exchange that sends nothing
  *discard(contextId: number): Exchange<void> {
    this.discarded.push(contextId);
  }

  // biome-ignore lint/correctness/useYield: an exchange that sends nothing
  *closeContext(contextId: number): Exchange<void> {
    this.closed.push(contextId);
  }

  tpmWasReset(): void {
    this.resets++;
  }

  *suspend(): Exchange<void> {}

  *resume(): Exchange<void> {}

  resources(_of?: (holder: ResourceHolder) => boolean): readonly VirtualResource[] {
    return [];
  }

  counts(): ResourceCounts {
    return { transient: 0, loadedSessions: 0, savedSessions: 0 };
  }

  // biome-ignore lint/correctness/useYield: an exchange that sends nothing
  *removeResource(): Exchange<boolean> {
    return false;
  }

  /** The handles in the snapshot, set by the test. */
  ownedHandles: readonly number[] = [];

  snapshot(): VirtualizerSnapshot {
    return { savedSessions: [], ownedHandles: this.ownedHandles, unmanagedObjects: [] };
  }
}
