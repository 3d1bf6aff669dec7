/** A stop of the daemon that a caller or a signal requests, perhaps before the daemon is ready for it. */
export interface RequestedStop {
  /** Settles when the requested stop is complete. Rejects with the failure that was the reason for it, if there is one. */
  readonly stopped: Promise<void>;
  /** Drains and stops. A second call only waits for the first. */
  stop(drainTimeoutMs: number): Promise<void>;
}

/** Runs a single stop, even if several callers or signals request it. */
export class StopRequest {
  #askedTimeoutMs: number | undefined;
  #failure: Error | undefined;
  #stopNow: ((drainTimeoutMs: number) => void) | undefined;

  get isAsked(): boolean {
    return this.#askedTimeoutMs !== undefined;
  }

  /** Requests the stop, which begins when `serve` has been called. A `failure` is the reason for the stop. */
  ask(drainTimeoutMs: number, failure?: Error): void {
    if (!this.isAsked) this.#failure = failure;
    this.#askedTimeoutMs ??= drainTimeoutMs;
    this.#stopNow?.(this.#askedTimeoutMs);
  }

  /** Sets the function that stops, and calls it immediately if the stop was requested before. */
  serve(stop: (drainTimeoutMs: number) => Promise<void>): RequestedStop {
    const stopped = new Promise<void>((resolve, reject) => {
      this.#stopNow = (drainTimeoutMs) => {
        this.#stopNow = undefined;
        stop(drainTimeoutMs).then(() => (this.#failure === undefined ? resolve() : reject(this.#failure)), reject);
      };
    });
    if (this.#askedTimeoutMs !== undefined) this.#stopNow?.(this.#askedTimeoutMs);
    return {
      stopped,
      stop: (drainTimeoutMs) => {
        this.ask(drainTimeoutMs);
        return stopped;
      },
    };
  }
}
