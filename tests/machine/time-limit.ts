/** Work that did not end in time. It may still go on, so that nothing after it can rely on the machine. */
export class TooLate extends Error {}

/** A time after which something has taken too long. */
export class TimeLimit {
  readonly seconds: number;
  readonly #endsAt: number;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#endsAt = performance.now() + seconds * 1000;
  }

  /** At least 1, so that a last look is possible at the very end. */
  get leftMs(): number {
    return Math.max(1, this.#endsAt - performance.now());
  }

  get hasPassed(): boolean {
    return performance.now() >= this.#endsAt;
  }

  toString(): string {
    return `${this.seconds.toFixed(0)} s`;
  }
}

/** Waits for work to end. Throws TooLate, which says what the work waits for, if it does not end in time. */
export function within<T>(limit: TimeLimit, work: Promise<T>, waitsFor: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new TooLate(`not done within ${limit}. It waits for ${waitsFor()}`)),
      limit.leftMs,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
