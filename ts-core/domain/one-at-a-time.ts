/** Runs asynchronous work one after the other: each begins when the one before has ended, whether that succeeded or failed. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Resolves when everything that was begun so far has ended. */
  settled(): Promise<void> {
    return this.#last.then(() => undefined);
  }
}
