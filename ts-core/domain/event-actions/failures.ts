/** Counts the failures of actions and of the worker that runs them. */
import { FAILURES_UNTIL_DISABLED } from './event-action.js';

export type RunResult = 'succeeded' | 'failed' | 'timedOut' | 'crashed' | 'refused';

/** The failures in a row of each action. */
export class FailuresInARow {
  readonly #counts = new Map<string, number>();

  of(action: string): number {
    return this.#counts.get(action) ?? 0;
  }

  /** Counts a run; returns whether the action must be disabled now. */
  count(action: string, result: RunResult): boolean {
    const failures = result === 'succeeded' ? 0 : this.of(action) + 1;
    this.#counts.set(action, failures);
    return failures === FAILURES_UNTIL_DISABLED;
  }

  forget(action: string): void {
    this.#counts.delete(action);
  }
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Returns how long to wait before starting a worker that ended `endings` times since its last successful run. */
export function restartDelayMs(endings: number): number {
  if (endings === 0) return 0;
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (endings - 1));
}

const FIRST_START_LIMIT_MS = 60_000;
const LONGEST_START_LIMIT_MS = 600_000;

/**
 * Returns how long the worker may take to start. PowerShell starts in a second or two, but takes more than a minute on
 * a machine that is slow or busy booting. A worker that was ended too early gets twice the time at its next start.
 */
export function startLimitMs(endings: number): number {
  return Math.min(LONGEST_START_LIMIT_MS, FIRST_START_LIMIT_MS * 2 ** endings);
}
