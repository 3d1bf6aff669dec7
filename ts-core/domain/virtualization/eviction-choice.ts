/**
 * Chooses which resource to evict, the least recently used one; and, for a TPM 2.0, estimates when one has to be
 * evicted. No I/O.
 */
export interface Used {
  /** Larger is later. */
  lastUse: number;
  /** The number of the exchange that needs it in the TPM and therefore does not evict it. */
  pinnedBy: number;
}

/** The order in which resources of one kind were used last. */
export class UseOrder {
  #uses = 0;
  #exchange = 0;

  /** Counts exchanges, so that an exchange does not evict what it is using. */
  beginExchange(): void {
    this.#exchange++;
  }

  /** Returns the place of something that is used now. */
  next(): number {
    return ++this.#uses;
  }

  /** Marks something as needed by the running exchange. */
  pin(used: Used): void {
    used.pinnedBy = this.#exchange;
  }

  /** Marks something as used now, and as needed by the running exchange. */
  touch(used: Used): void {
    used.lastUse = this.next();
    this.pin(used);
  }

  /** Returns the least recently used of the candidates; undefined if the running exchange needs all of them. */
  leastRecentlyUsed<Candidate extends Used>(candidates: Iterable<Candidate>): Candidate | undefined {
    let oldest: Candidate | undefined;
    for (const candidate of candidates) {
      if (candidate.pinnedBy === this.#exchange) continue;
      if (!oldest || candidate.lastUse < oldest.lastUse) oldest = candidate;
    }
    return oldest;
  }
}

const TRIES_BETWEEN_PROBES = 64;

/**
 * An estimate, from the rejections of a TPM 2.0, of how many of the broker's objects (or sessions) fit into it. A TPM
 * 1.2 reports how many more fit.
 *
 * Once as many are inside as last fitted, one is evicted before the next is loaded, which saves the round trip of a
 * rejection. The room can grow, for instance when the kernel flushes something of its own, so the TPM is probed now and
 * then.
 */
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
