/**
 * Keeps what callers can cause without end from filling the log: of lines with the same message a few are written in a
 * minute, the others are counted, and the count is written when the minute is over.
 */

/** Of one message, in the time of one interval. */
export const MAX_LINES = 20;
export const INTERVAL_MS = 60_000;

interface Interval {
  readonly endsAtMs: number;
  lines: number;
  untold: number;
}

export interface UntoldLines {
  readonly message: string;
  readonly count: number;
}

export class RepeatedLines {
  /** By message: the broker has a fixed number of them, since what differs stands in the fields. */
  readonly #intervals = new Map<string, Interval>();

  /** Whether this line is written. */
  mayWrite(message: string, nowMs: number): boolean {
    const known = this.#intervals.get(message);
    if (known === undefined || nowMs >= known.endsAtMs) {
      // What was not told of an interval that is over comes with the next `due`.
      const untold = known?.untold ?? 0;
      this.#intervals.set(message, { endsAtMs: nowMs + INTERVAL_MS, lines: 1, untold });
      return true;
    }
    if (known.lines < MAX_LINES) {
      known.lines++;
      return true;
    }
    known.untold++;
    return false;
  }

  /** What was not written, once: of the intervals that are over by now. */
  due(nowMs: number): readonly UntoldLines[] {
    const untold: UntoldLines[] = [];
    for (const [message, interval] of this.#intervals) {
      if (interval.endsAtMs > nowMs) continue;
      this.#intervals.delete(message);
      if (interval.untold > 0) untold.push({ message, count: interval.untold });
    }
    return untold;
  }
}
