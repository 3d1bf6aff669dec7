/**
 * Estimates from the TPM's refusals how many of the broker's objects (or sessions) fit into it.
 *
 * Once as many are inside as last fitted, one is evicted before the next is loaded, which saves the round trip of a
 * refusal. The room can grow, for instance when the kernel flushes something of its own, so the TPM is probed now and
 * then.
 */
const TRIES_BETWEEN_PROBES = 64;

export class SlotEstimate {
  #fitting = Number.POSITIVE_INFINITY;
  #triesUntilProbe = TRIES_BETWEEN_PROBES;

  /** Returns whether as many are inside as last fitted. */
  isFull(inside: number): boolean {
    return inside >= this.#fitting;
  }

  /**
   * Returns whether to evict one before the next is loaded: true if no more seem to fit, except now and then to probe
   * the TPM.
   */
  mustEvictFirst(inside: number): boolean {
    if (!this.isFull(inside)) return false;
    if (--this.#triesUntilProbe > 0) return true;
    this.#triesUntilProbe = TRIES_BETWEEN_PROBES;
    return false;
  }

  refused(inside: number): void {
    this.#fitting = Math.max(inside, 1);
  }

  accepted(inside: number): void {
    this.#fitting = Math.max(this.#fitting, inside);
  }

  forget(): void {
    this.#fitting = Number.POSITIVE_INFINITY;
  }
}
