/**
 * Estimates how many objects (or sessions) of the broker fit into the TPM, from its refusals.
 *
 * When as many are inside as last fitted, one is evicted before the next is loaded, which saves the round trip of a
 * refusal. The room can grow again, as when the kernel flushes something of its own, so the TPM is tried now and then.
 */
const TRIES_BETWEEN_PROBES = 64;

export class SlotEstimate {
  #fitting = Number.POSITIVE_INFINITY;
  #avoidedRefusals = 0;

  /** Whether as many are inside as last fitted. */
  isReached(inside: number): boolean {
    return inside >= this.#fitting;
  }

  /**
   * Whether to evict one before the next is loaded: always when no more are believed to fit, except to probe the TPM.
   */
  isFull(inside: number): boolean {
    if (!this.isReached(inside)) return false;
    this.#avoidedRefusals++;
    return this.#avoidedRefusals % TRIES_BETWEEN_PROBES !== 0;
  }

  refused(inside: number): void {
    this.#fitting = Math.max(inside, 1);
  }

  accepted(inside: number): void {
    if (inside > this.#fitting) this.#fitting = inside;
  }

  forget(): void {
    this.#fitting = Number.POSITIVE_INFINITY;
  }
}
