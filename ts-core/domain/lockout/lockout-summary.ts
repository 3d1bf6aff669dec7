/** The state of the lockout for people and scripts: what Get-TbsLockout shows. Times are wall clock, milliseconds since 1970. */
import type { GateVerdict, LockoutThresholds } from './lockout-gate.js';

export interface UserLockout {
  readonly userKey: string;
  /** Failures that count now. */
  readonly failures: number;
  /** When each of them no longer counts, the oldest first. */
  readonly agesOutAt: readonly number[];
  readonly gate: GateVerdict;
}

export interface LockoutSummary {
  readonly thresholds: LockoutThresholds;
  /** The window is 0: no failure counts, so that the lockout does not protect the TPM. Reported as a warning. */
  readonly countingOff: boolean;
  readonly totalFailures: number;
  /** The gate for a user without failures: closed when the total, or a threshold of 0, closes it for all. */
  readonly gateForOthers: GateVerdict;
  /** Users with failures that count. */
  readonly users: readonly UserLockout[];
}
