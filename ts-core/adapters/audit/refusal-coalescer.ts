/**
 * Keeps a user whose commands are refused from filling the audit log. The first refusal is written immediately;
 * identical ones that follow within the interval become one line with their count and their first and last time.
 * Different refusals of one user get separate lines only up to a limit and are then combined. Otherwise a user who
 * tries every command code could push earlier lines out of the rotated files.
 */
import type { AuditEvent } from '../../application/ports/logs.js';

/** Limit of distinct refusals remembered at once; beyond it, the oldest one is written early. */
const MAX_REMEMBERED = 1024;
const MAX_REMEMBERED_OF_USER = 64;
const FURTHER_REFUSALS = 'Further refusals of this user, of too many kinds to list each of them.';

interface Remembered {
  readonly event: AuditEvent;
  dueMs: number;
  count: number;
  first: string;
  last: string;
}

export class RefusalCoalescer {
  readonly #intervalMs: number;
  /** Ordered by due time, since all intervals are equally long. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #countOfUser = new Map<string | undefined, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Returns the events to write now, in order. An event that is counted in a later line is not among them. */
  add(event: AuditEvent, nowMs: number): readonly AuditEvent[] {
    const due = this.due(nowMs);
    if (event.kind !== 'commandRefused') return [...due, event];
    const key = keyOf(event);
    if (this.#countsAsKnown(key, event)) return due;
    if (this.#ofUser(event) < MAX_REMEMBERED_OF_USER) return [...due, ...this.#remember(key, event, nowMs)];
    const further = { ...event, message: FURTHER_REFUSALS, details: {} };
    const furtherKey = keyOf(further);
    if (this.#countsAsKnown(furtherKey, event)) return due;
    return [...due, ...this.#remember(furtherKey, further, nowMs)];
  }

  #countsAsKnown(key: string, { time }: AuditEvent): boolean {
    const known = this.#remembered.get(key);
    if (known === undefined) return false;
    if (known.count === 0) known.first = time;
    known.count += 1;
    known.last = time;
    return true;
  }

  #remember(key: string, event: AuditEvent, nowMs: number): readonly AuditEvent[] {
    const early = this.#remembered.size >= MAX_REMEMBERED ? this.#forgetOldest() : [];
    this.#remembered.set(key, { event, dueMs: nowMs + this.#intervalMs, count: 0, first: '', last: '' });
    this.#countOfUser.set(event.userKey, this.#ofUser(event) + 1);
    return [...early, event];
  }

  #ofUser({ userKey }: AuditEvent): number {
    return this.#countOfUser.get(userKey) ?? 0;
  }

  #forget(key: string, { event }: Remembered): void {
    this.#remembered.delete(key);
    const left = this.#ofUser(event) - 1;
    if (left > 0) this.#countOfUser.set(event.userKey, left);
    else this.#countOfUser.delete(event.userKey);
  }

  /** Returns the lines whose interval is over. A refusal that has recurred is remembered for another interval. */
  due(nowMs: number): readonly AuditEvent[] {
    const lines: AuditEvent[] = [];
    for (const [key, remembered] of this.#remembered) {
      if (remembered.dueMs > nowMs) break;
      if (remembered.count === 0) {
        this.#forget(key, remembered);
        continue;
      }
      lines.push(summary(remembered));
      // Moves it to the end of the order.
      this.#remembered.delete(key);
      this.#remembered.set(key, { ...remembered, dueMs: nowMs + this.#intervalMs, count: 0 });
    }
    return lines;
  }

  /** Returns the time at which `due` has to be called next; undefined when nothing is remembered. */
  nextDueMs(): number | undefined {
    for (const { dueMs } of this.#remembered.values()) return dueMs;
    return undefined;
  }

  /** Returns every line that has not been written yet, and forgets everything. */
  flush(): readonly AuditEvent[] {
    const lines = [...this.#remembered.values()].filter(({ count }) => count > 0).map(summary);
    this.#remembered.clear();
    this.#countOfUser.clear();
    return lines;
  }

  #forgetOldest(): readonly AuditEvent[] {
    for (const [key, remembered] of this.#remembered) {
      this.#forget(key, remembered);
      return remembered.count > 0 ? [summary(remembered)] : [];
    }
    return [];
  }
}

function summary({ event, count, first, last }: Remembered): AuditEvent {
  return { ...event, time: last, repeated: { count, first, last } };
}

/** Ignores the process id; otherwise a caller that forks for each command would defeat the coalescing. */
function keyOf({ userKey, callerClass, message, details }: AuditEvent): string {
  try {
    return JSON.stringify([userKey, callerClass, message, details]);
  } catch {
    return JSON.stringify([userKey, callerClass, message]);
  }
}
