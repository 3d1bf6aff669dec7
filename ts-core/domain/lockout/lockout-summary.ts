/** The state of the lockout that Get-TbsLockout shows. Times are wall clock, milliseconds since 1970. */
import type { LockoutThresholds, LockoutVerdict } from './lockout-window.js';

export interface UserLockout {
  readonly userKey: string;
  /** Failures that count now. */
  readonly failures: number;
  /** When each of them leaves the window, oldest first. */
  readonly agesOutAt: readonly number[];
  readonly verdict: LockoutVerdict;
}

export interface LockoutSummary {
  readonly thresholds: LockoutThresholds;
  /** The window is 0, so failures are not counted and the lockout does not protect the TPM. Reported as a warning. */
  readonly countingOff: boolean;
  readonly totalFailures: number;
  /** The verdict on a user without failures: not open if the total, or a threshold of 0, locks everybody out. */
  readonly verdictForOthers: LockoutVerdict;
  /** Users with counted failures. */
  readonly users: readonly UserLockout[];
}
