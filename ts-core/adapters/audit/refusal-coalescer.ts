/**
 * Keeps a user who repeats the same refused command from filling the log: the first refusal is a line at once, those
 * that follow within the interval become one line with their count and their first and last time.
 */
import type { AuditEvent } from '../../application/ports.js';

/** Distinct refusals remembered at once; with more, the one that has waited longest gets its line early. */
const MAX_REMEMBERED = 1024;

interface Remembered {
  readonly event: AuditEvent;
  dueMs: number;
  count: number;
  first: string;
  last: string;
}

export class RefusalCoalescer {
  readonly #intervalMs: number;
  /** In the order in which they are due: every interval is of the same length. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** The events to write now, in order; none when this one was added to a line that comes later. */
  add(event: AuditEvent, nowMs: number): readonly AuditEvent[] {
    const due = this.due(nowMs);
    if (event.kind !== 'commandRefused') return [...due, event];
    const key = keyOf(event);
    const known = this.#remembered.get(key);
    if (known !== undefined) {
      if (known.count === 0) known.first = event.time;
      known.count += 1;
      known.last = event.time;
      return due;
    }
    const early = this.#remembered.size >= MAX_REMEMBERED ? this.#forgetOldest() : [];
    this.#remembered.set(key, { event, dueMs: nowMs + this.#intervalMs, count: 0, first: '', last: '' });
    return [...due, ...early, event];
  }

  /** The lines whose interval is over. A refusal that goes on stays remembered for another interval. */
  due(nowMs: number): readonly AuditEvent[] {
    const lines: AuditEvent[] = [];
    for (const [key, remembered] of this.#remembered) {
      if (remembered.dueMs > nowMs) break;
      this.#remembered.delete(key);
      if (remembered.count === 0) continue;
      lines.push(summary(remembered));
      this.#remembered.set(key, { ...remembered, dueMs: nowMs + this.#intervalMs, count: 0 });
    }
    return lines;
  }

  /** When `due` has something to do next; undefined when nothing is remembered. */
  nextDueMs(): number | undefined {
    for (const { dueMs } of this.#remembered.values()) return dueMs;
    return undefined;
  }

  /** Every line that is still owed. */
  flush(): readonly AuditEvent[] {
    const lines = [...this.#remembered.values()].filter(({ count }) => count > 0).map(summary);
    this.#remembered.clear();
    return lines;
  }

  #forgetOldest(): readonly AuditEvent[] {
    for (const [key, remembered] of this.#remembered) {
      this.#remembered.delete(key);
      return remembered.count > 0 ? [summary(remembered)] : [];
    }
    return [];
  }
}

function summary({ event, count, first, last }: Remembered): AuditEvent {
  return { ...event, time: last, repeated: { count, first, last } };
}

/** Which process asked does not make a refusal another one, or a fork for each would defeat the coalescing. */
function keyOf({ userKey, callerClass, message, details }: AuditEvent): string {
  try {
    return JSON.stringify([userKey, callerClass, message, details]);
  } catch {
    return JSON.stringify([userKey, callerClass, message]);
  }
}
