/** What the TPM did during the last seconds, by command: for live views, which would otherwise have to keep counts. */

import type { EndedCommand } from '../commands/command-meter.js';
import type { Clock } from '../ports/operating-system.js';

/** The longest period that a caller can ask about. */
export const LONGEST_PERIOD_SECONDS = 60;

export interface CommandActivity {
  /** Undefined for all that the specification does not name, submissions that were no command included. */
  readonly code: number | undefined;
  /** Commands that the TPM answered. */
  readonly answered: number;
  /** Submissions that ended without a response of the TPM. */
  readonly unanswered: number;
  /** How long the TPM worked on the answered commands, swapping included. */
  readonly totalMs: number;
  readonly longestMs: number;
}

export interface Activity {
  /** The period that the counts cover; shorter than requested after a start. */
  readonly periodMs: number;
  readonly commands: readonly CommandActivity[];
}

/** Changed in place: the counter is part of every command. */
interface Counts {
  answered: number;
  unanswered: number;
  totalMs: number;
  longestMs: number;
}

interface Slot {
  second: number;
  readonly byCode: Map<number | undefined, Counts>;
}

/** Counts ended commands in one slot for each second, so that memory and time are bounded whatever callers send. */
export class CommandActivityCounter {
  readonly #slots: readonly Slot[] = Array.from({ length: LONGEST_PERIOD_SECONDS + 1 }, () => ({
    second: Number.NEGATIVE_INFINITY,
    byCode: new Map(),
  }));
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #startedAtMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
  }

  /** Counts a submission that has ended; a CommandMeter. */
  count({ code, times }: EndedCommand): void {
    const counts = countsOf(code, this.#slotOfNow().byCode);
    if (times === undefined) {
      counts.unanswered++;
      return;
    }
    counts.answered++;
    counts.totalMs += times.durationMs;
    counts.longestMs = Math.max(counts.longestMs, times.durationMs);
  }

  /** Returns the counts of the last `seconds` full seconds and of the current one, most frequent commands first. */
  during(seconds: number): Activity {
    const nowMs = this.#clock.monotonicMs();
    const first = Math.floor(nowMs / 1000) - seconds;
    const byCode = new Map<number | undefined, Counts>();
    for (const slot of this.#slots) {
      if (slot.second < first) continue;
      for (const [code, counts] of slot.byCode) add(counts, countsOf(code, byCode));
    }
    return {
      periodMs: nowMs - Math.max(first * 1000, this.#startedAtMs),
      commands: [...byCode]
        .map(([code, counts]) => ({ code, ...counts }))
        .sort((left, right) => ended(right) - ended(left)),
    };
  }

  #slotOfNow(): Slot {
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    const slot = this.#slots[second % this.#slots.length] as Slot;
    if (slot.second !== second) {
      slot.second = second;
      slot.byCode.clear();
    }
    return slot;
  }
}

function ended({ answered, unanswered }: CommandActivity): number {
  return answered + unanswered;
}

function countsOf(code: number | undefined, byCode: Map<number | undefined, Counts>): Counts {
  let counts = byCode.get(code);
  if (counts === undefined) {
    counts = { answered: 0, unanswered: 0, totalMs: 0, longestMs: 0 };
    byCode.set(code, counts);
  }
  return counts;
}

function add(counts: Counts, total: Counts): void {
  total.answered += counts.answered;
  total.unanswered += counts.unanswered;
  total.totalMs += counts.totalMs;
  total.longestMs = Math.max(total.longestMs, counts.longestMs);
}
