/**
 * Detects that the broker has stopped responding while a call waits for it (docs/json-rpc.md, "How a client tells a
 * living broker").
 *
 * The time limit is counted in thirds: after the first third without a byte from the broker the client pings it, after
 * the third one it gives up. A third that ended while this process itself was suspended counts once, however long that
 * was, so that the broker always has time to answer the ping.
 */
export interface SilenceWatchOptions {
  readonly limitMs: number;
  readonly ping: () => void;
  readonly onSilent: () => void;
  readonly after?: (delayMs: number, callback: () => void) => { cancel(): void };
}

const THIRDS = 3;

export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #waiting = 0;
  #silentThirds = 0;
  #timer: { cancel(): void } | undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** Watches until `promise` has settled. */
  async during<Result>(promise: Promise<Result>): Promise<Result> {
    this.#waiting++;
    if (this.#waiting === 1) this.heard();
    try {
      return await promise;
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#timer?.cancel();
    }
  }

  /** Records that the broker sent something. */
  heard(): void {
    this.#silentThirds = 0;
    this.#timer?.cancel();
    if (this.#waiting > 0) this.#waitForNextThird();
  }

  #waitForNextThird(): void {
    const { after = afterRealTime, limitMs } = this.#options;
    this.#timer = after(limitMs / THIRDS, () => this.#thirdEnds());
  }

  #thirdEnds(): void {
    this.#silentThirds++;
    if (this.#silentThirds === THIRDS) {
      this.#options.onSilent();
      return;
    }
    if (this.#silentThirds === 1) this.#options.ping();
    this.#waitForNextThird();
  }
}

function afterRealTime(delayMs: number, callback: () => void): { cancel(): void } {
  const timer = setTimeout(callback, delayMs);
  return { cancel: () => clearTimeout(timer) };
}
