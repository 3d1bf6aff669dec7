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
  suppressed: number;
}

export interface SuppressedLines {
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
      const suppressed = known?.suppressed ?? 0;
      this.#intervals.set(message, { endsAtMs: nowMs + INTERVAL_MS, lines: 1, suppressed });
      return true;
    }
    if (known.lines < MAX_LINES) {
      known.lines++;
      return true;
    }
    known.suppressed++;
    return false;
  }

  /** Returns, once, the counts of unwritten lines of all intervals that are over. */
  due(nowMs: number): readonly SuppressedLines[] {
    const suppressed: SuppressedLines[] = [];
    for (const [message, interval] of this.#intervals) {
      if (interval.endsAtMs > nowMs) continue;
      this.#intervals.delete(message);
      if (interval.suppressed > 0) suppressed.push({ message, count: interval.suppressed });
    }
    return suppressed;
  }
}
