/** Logs refused connections, at most once a minute for each reason, because anybody can connect again and again. */
import type { Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';

const TOLD_EVERY_MS = 60_000;

interface Told {
  readonly atMs: number;
  untold: number;
}

export class RefusedConnections {
  readonly #told = new Map<string, Told>();
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(log: Log, clock: Pick<Clock, 'monotonicMs'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `reason` must be one of a small set of texts; it becomes the message of the log line. */
  tell(reason: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#told.get(reason);
    if (last !== undefined && nowMs - last.atMs < TOLD_EVERY_MS) {
      last.untold++;
      return;
    }
    this.#told.set(reason, { atMs: nowMs, untold: 0 });
    this.#log.warn({ ...fields, ...(last?.untold ? { refusedMeanwhile: last.untold } : {}) }, reason);
  }
}
