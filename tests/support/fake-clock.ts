/** A clock that advances only when a test moves it; timers then fire in their order. */
import type { Clock } from '../../ts-core/application/ports/operating-system.js';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  wallMs = Date.UTC(2026, 0, 1, 12);
  elapsedMs = 1_000_000;
  boot = 'boot-1';
  #timers: Timer[] = [];

  wallClockMs(): number {
    return this.wallMs;
  }

  bootTimeMs(): number {
    return this.elapsedMs;
  }

  bootId(): string {
    return this.boot;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): { cancel(): void } {
    const timer = { atMs: this.elapsedMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  pendingTimers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const endMs = this.elapsedMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#moveTo(next.atMs);
      next.callback();
    }
    this.#moveTo(endMs);
  }

  #moveTo(elapsedMs: number): void {
    const stepMs = Math.max(0, elapsedMs - this.elapsedMs);
    this.elapsedMs += stepMs;
    this.wallMs += stepMs;
  }
}
