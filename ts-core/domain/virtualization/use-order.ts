/** Orders objects, or sessions, by their last use, so that the least recently used one is evicted first. No I/O. */
export interface Used {
  /** Larger is later. */
  lastUse: number;
  /** The number of the exchange that needs it in the TPM and therefore does not evict it. */
  pinnedBy: number;
}

export class UseOrder {
  #uses = 0;
  #exchange = 0;

  /** Numbers each exchange, so that it never evicts what it needs itself. */
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
