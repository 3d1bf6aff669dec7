/**
 * The delay before each attempt to recover. It doubles after each failure, up to a limit, and is short again after a
 * success.
 */
export class RetryDelay {
  #nextMs: number;

  /** Both delays are in milliseconds. */
  constructor(
    readonly firstMs: number,
    readonly longestMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** Returns the delay before the next attempt, in milliseconds. */
  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(this.longestMs, delayMs * 2);
    return delayMs;
  }

  /** Resets the delay, after an attempt has succeeded. */
  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
