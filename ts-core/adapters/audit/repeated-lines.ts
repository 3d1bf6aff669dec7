/**
 * Keeps callers from filling the log. Of lines with the same message, only a few per minute are written; the rest are
 * counted, and the count is written when the minute is over.
 */

/** Limit of lines with one message per interval. */
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
  /** Keyed by message. The number of messages is fixed, since anything variable is in the fields. */
  readonly #intervals = new Map<string, Interval>();

  /** Returns whether this line may be written; counts it otherwise. */
  mayWrite(message: string, nowMs: number): boolean {
    const known = this.#intervals.get(message);
    if (known === undefined || nowMs >= known.endsAtMs) {
      // The next `due` reports the lines of the previous interval that were not written.
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

  /** Returns, once, the counts of unwritten lines of all intervals that are over. */
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
