/** The failures of standard users inside the sliding window, as kept over restarts. Owned by the lockout rules. */
export interface RecordedFailure {
  readonly userKey: string;
  /** Boot in which it happened and the boot-time clock then; within one boot only this clock counts. */
  readonly bootId: string;
  readonly bootTimeMs: number;
  /** Wall clock then, for ages across boots. */
  readonly wallClockMs: number;
}

export interface FailureLedgerState {
  readonly failures: readonly RecordedFailure[];
}
