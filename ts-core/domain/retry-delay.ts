/**
 * How long to wait before each attempt to recover: twice as long after each failure, up to a limit, and short again
 * after a success.
 */
export class RetryDelay {
  #nextMs: number;

  /** Both in milliseconds. */
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

  /** Call it when an attempt has succeeded. */
  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
