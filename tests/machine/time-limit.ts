/** Thrown when work did not end in time. The work may still be running, so no later step can rely on the machine. */
export class TooLate extends Error {}

/** A number of seconds, counted from now, that some work may take. */
export class TimeLimit {
  readonly seconds: number;
  readonly #endsAt: number;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#endsAt = performance.now() + seconds * 1000;
  }

  /** At least 1, so that a last check is possible at the very end. */
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

/** Waits for work to end. If it does not end in time, rejects with TooLate, which says what the work waits for. */
export function within<T>(limit: TimeLimit, work: Promise<T>, waitsFor: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new TooLate(`not done within ${limit}. It waits for ${waitsFor()}`)),
      limit.leftMs,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
