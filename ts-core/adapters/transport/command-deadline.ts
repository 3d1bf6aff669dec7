/**
 * The time-out of the running command, with at most one timer. Starting and ending a command needs no timer call while
 * a timer is armed that is due early enough.
 */
export class CommandDeadline {
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #deadlineMs: number | undefined;
  readonly #onExpired: () => void;

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired;
  }

  start(timeoutMs: number): void {
    const deadlineMs = performance.now() + timeoutMs;
    this.#deadlineMs = deadlineMs;
    if (this.#timer === undefined || this.#timerDueMs > deadlineMs) this.#arm(timeoutMs, deadlineMs);
  }

  end(): void {
    this.#deadlineMs = undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadlineMs = undefined;
  }

  #arm(delayMs: number, dueMs: number): void {
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => this.#fire(), delayMs);
    this.#timer.unref();
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#deadlineMs === undefined) return;
    const remainingMs = this.#deadlineMs - performance.now();
    if (remainingMs > 0) {
      this.#arm(remainingMs, this.#deadlineMs);
      return;
    }
    this.#deadlineMs = undefined;
    this.#onExpired();
  }
}
