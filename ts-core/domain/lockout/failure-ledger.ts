/**
 * The authorization failures of callers that are not administrators, counted in a sliding window, and the lockout that
 * follows from them.
 *
 * Time. Within a boot only the boot-time clock counts, which nobody can set. A failure from an earlier boot gets its
 * age once, when the ledger is first used in the new boot: max(0, wall clock now - wall clock then). From then on it
 * ages by the boot-time clock like all others, so that a step of the wall clock during this boot neither ends nor
 * prolongs a lockout. Internally, therefore, each failure is a moment on this boot's clock, negative for earlier boots.
 */

import type { LockoutSummary, UserLockout } from './lockout-summary.js';
import {
  agesOutAt,
  firstCounted,
  judgeLockout,
  type LockoutThresholds,
  type LockoutVerdict,
  MAX_FAILURES,
} from './lockout-window.js';

/** A failure as it is stored across restarts. */
export interface RecordedFailure {
  readonly userKey: string;
  /** The boot in which it happened, and the boot-time clock then; within one boot only this clock counts. */
  readonly bootId: string;
  /** Negative for a failure of an earlier boot whose age was determined in this one. */
  readonly bootTimeMs: number;
  /** The wall clock at the time, to compute ages across boots. */
  readonly wallClockMs: number;
}

export interface FailureLedgerState {
  readonly failures: readonly RecordedFailure[];
}

/** The clocks at one moment (ports/operating-system.ts, Clock). */
export interface LedgerTime {
  readonly bootId: string;
  /** CLOCK_BOOTTIME, milliseconds. */
  readonly bootTimeMs: number;
  /** UTC, milliseconds since 1970; may step. */
  readonly wallClockMs: number;
}

/** A failure inside the ledger, opaque to others. */
export interface CountedFailure {
  readonly userKey: string;
  /** On the boot-time clock of `FailureLedger.bootId`. */
  readonly momentMs: number;
  readonly wallClockMs: number;
}

/** Failures are stored at least this long, so that a longer window set later finds them. */
const RETENTION_MINUTES = 24 * 60;
const NO_MOMENTS: readonly number[] = [];
const NONE: ReadonlySet<CountedFailure> = new Set();

export class FailureLedger {
  #bootId = '';
  /** Oldest first, at most MAX_FAILURES. `moments` and `momentsByUser` mirror it for the verdicts. */
  #failures: CountedFailure[] = [];
  #moments: number[] = [];
  #momentsByUser = new Map<string, number[]>();

  /**
   * Returns whether this user may send a command that carries an authorization now. Allocates nothing while the
   * answer is open.
   */
  verdictFor(userKey: string, now: LedgerTime, thresholds: LockoutThresholds): LockoutVerdict {
    this.#meetBoot(now);
    return judgeLockout(this.#momentsByUser.get(userKey) ?? NO_MOMENTS, this.#moments, now, thresholds);
  }

  /**
   * Counts one failure of this user. Make `state()` durable before sending the TPM's response.
   *
   * @returns false if the window is 0, so that nothing counts and nothing needs to be stored.
   */
  record(userKey: string, now: LedgerTime, thresholds: LockoutThresholds): boolean {
    if (thresholds.windowMinutes === 0) return false;
    this.#meetBoot(now);
    const newest = this.#moments.at(-1) ?? now.bootTimeMs;
    const failure = { userKey, momentMs: Math.max(now.bootTimeMs, newest), wallClockMs: now.wallClockMs };
    const retained = firstCounted(this.#moments, now.bootTimeMs, Math.max(thresholds.windowMinutes, RETENTION_MINUTES));
    const first = Math.max(retained, this.#failures.length + 1 - MAX_FAILURES);
    if (first > 0) this.#replace([...this.#failures.slice(first), failure]);
    else this.#append(failure);
    return true;
  }

  /** Returns the failures of one user, or of all, that a reset requested now would remove. */
  failuresOf(userKey?: string): ReadonlySet<CountedFailure> {
    return new Set(this.#failures.filter((failure) => userKey === undefined || failure.userKey === userKey));
  }

  /** Removes these failures. Make `state()` without them durable first, so that a reset that fails lifts no lockout. */
  forget(failures: ReadonlySet<CountedFailure>): void {
    this.#replace(this.#failures.filter((failure) => !failures.has(failure)));
  }

  /**
   * Returns the state to store across restarts.
   *
   * Corrects the wall-clock time of a failure if the clock was set forward since (a machine without a battery starts in
   * 1970 and learns the time later); otherwise the next boot would consider the failure decades old and drop it.
   */
  state(now: LedgerTime, without: ReadonlySet<CountedFailure> = NONE): FailureLedgerState {
    this.#meetBoot(now);
    const kept = this.#failures.filter((failure) => !without.has(failure));
    return {
      failures: kept.map(({ userKey, momentMs, wallClockMs }) => ({
        userKey,
        bootId: this.#bootId,
        bootTimeMs: momentMs,
        wallClockMs: Math.max(wallClockMs, now.wallClockMs - (now.bootTimeMs - momentMs)),
      })),
    };
  }

  /**
   * Replaces the ledger's contents by the stored state.
   *
   * @returns true if ages of an earlier boot were determined. Make `state()` durable then, so that a restart of the
   * broker in this boot does not determine them again from a wall clock that was set in the meantime.
   */
  restore(state: FailureLedgerState, now: LedgerTime): boolean {
    this.#bootId = now.bootId;
    const whole = state.failures.filter(
      ({ bootTimeMs, wallClockMs }) => Number.isFinite(bootTimeMs) && Number.isFinite(wallClockMs),
    );
    const converted = whole.map((failure) => inThisBoot(failure, now)).sort((a, b) => a.momentMs - b.momentMs);
    this.#replace(converted.slice(-MAX_FAILURES));
    return whole.some(({ bootId }) => bootId !== now.bootId);
  }

  /** Returns the whole state of the lockout for Get-TbsLockout. */
  summary(now: LedgerTime, thresholds: LockoutThresholds): LockoutSummary {
    this.#meetBoot(now);
    const countedOf = (moments: readonly number[]): readonly number[] =>
      thresholds.windowMinutes === 0
        ? NO_MOMENTS
        : moments.slice(firstCounted(moments, now.bootTimeMs, thresholds.windowMinutes));
    const users = [...this.#momentsByUser].map(([userKey, moments]): UserLockout => {
      const counted = countedOf(moments);
      return {
        userKey,
        failures: counted.length,
        agesOutAt: counted.map((moment) => agesOutAt(moment, now, thresholds.windowMinutes)),
        verdict: this.verdictFor(userKey, now, thresholds),
      };
    });
    return {
      thresholds,
      countingOff: thresholds.windowMinutes === 0,
      totalFailures: countedOf(this.#moments).length,
      verdictForOthers: judgeLockout(NO_MOMENTS, this.#moments, now, thresholds),
      users: users.filter(({ failures }) => failures > 0),
    };
  }

  /** The boot id changes in a running process only if the machine was restored from an image. */
  #meetBoot(now: LedgerTime): void {
    if (now.bootId === this.#bootId) return;
    const failures = this.#failures.map(({ userKey, momentMs, wallClockMs }) => {
      return { userKey, bootId: this.#bootId, bootTimeMs: momentMs, wallClockMs };
    });
    this.restore({ failures }, now);
  }

  #replace(failures: readonly CountedFailure[]): void {
    this.#failures = [];
    this.#moments = [];
    this.#momentsByUser = new Map();
    for (const failure of failures) this.#append(failure);
  }

  #append(failure: CountedFailure): void {
    this.#failures.push(failure);
    this.#moments.push(failure.momentMs);
    const ofUser = this.#momentsByUser.get(failure.userKey);
    if (ofUser === undefined) this.#momentsByUser.set(failure.userKey, [failure.momentMs]);
    else ofUser.push(failure.momentMs);
  }
}

/**
 * Converts a stored failure to this boot's clock. A moment in the future (because a clock moved back) counts as now.
 */
function inThisBoot({ userKey, bootId, bootTimeMs, wallClockMs }: RecordedFailure, now: LedgerTime): CountedFailure {
  if (bootId === now.bootId) return { userKey, momentMs: Math.min(bootTimeMs, now.bootTimeMs), wallClockMs };
  const ageMs = Math.max(0, now.wallClockMs - wallClockMs);
  return { userKey, momentMs: now.bootTimeMs - ageMs, wallClockMs: Math.min(wallClockMs, now.wallClockMs) };
}
