/** A stop of the daemon that a caller or a signal requests, perhaps before the daemon is ready for it. */
export interface RequestedStop {
  /** Settles when a stop that was requested is complete. Rejects with the failure that made it necessary, if any did. */
  readonly stopped: Promise<void>;
  /** Drains and stops. A second call only waits for the first. */
  stop(drainTimeoutMs: number): Promise<void>;
}

/** Runs a single stop, however often and by whomever it is requested. */
export class StopRequest {
  #askedTimeoutMs: number | undefined;
  #failure: Error | undefined;
  #stopNow: ((drainTimeoutMs: number) => void) | undefined;

  get isAsked(): boolean {
    return this.#askedTimeoutMs !== undefined;
  }

  /** Requests the stop, which begins now or as soon as it is served. A `failure` is why the daemon cannot go on. */
  ask(drainTimeoutMs: number, failure?: Error): void {
    if (!this.isAsked) this.#failure = failure;
    this.#askedTimeoutMs ??= drainTimeoutMs;
    this.#stopNow?.(this.#askedTimeoutMs);
  }

  /** Says how to stop; begins at once if the stop was requested before. */
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
