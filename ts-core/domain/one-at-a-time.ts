/**
 * Runs asynchronous tasks one after the other: each starts when the previous one has ended, whether it succeeded or
 * failed.
 */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Resolves when every task started so far has ended. */
  settled(): Promise<void> {
    return this.#last.then(() => undefined);
  }
}
