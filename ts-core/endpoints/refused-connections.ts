/** Logs refused connections, at most once a minute for each reason, because anybody can connect again and again. */
import type { Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';

const LOGGED_EVERY_MS = 60_000;

interface LoggedReason {
  readonly atMs: number;
  suppressed: number;
}

export class RefusedConnections {
  readonly #logged = new Map<string, LoggedReason>();
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(log: Log, clock: Pick<Clock, 'monotonicMs'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `reason` must be one of a small set of texts; it becomes the message of the log line. */
  log(reason: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#logged.get(reason);
    if (last !== undefined && nowMs - last.atMs < LOGGED_EVERY_MS) {
      last.suppressed++;
      return;
    }
    this.#logged.set(reason, { atMs: nowMs, suppressed: 0 });
    this.#log.warn({ ...fields, ...(last?.suppressed ? { refusedMeanwhile: last.suppressed } : {}) }, reason);
  }
}
