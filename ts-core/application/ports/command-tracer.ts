/** Receives what happened to submitted commands. Nothing is recorded for a submission that nobody traces. */
import type { Caller } from '../../domain/caller.js';

export interface CommandTracer {
  /** Returns whether this caller's submission is to be traced. Called once for each submission; must not throw. */
  wants(caller: Caller): boolean;
  /** Called once for each submission that was wanted. Must not throw. */
  ended(trace: CommandTrace): void;
}

/** A submission from its arrival to its answer. Contains no bytes of the command or its response. Times are monotonic. */
export interface CommandTrace {
  /** The TPM 2.0 command code or TPM 1.2 ordinal. */
  readonly code: number;
  readonly caller: Caller;
  readonly contextId: number;
  readonly priority: number;
  readonly result: CommandResult;
  /** Why there is no response; undefined if there is one. */
  readonly refusal: { readonly symbol: string; readonly message: string } | undefined;
  readonly submittedAtMs: number;
  readonly endedAtMs: number;
  /** Undefined if the command was not dispatched to the TPM, or failed there. */
  readonly dispatchedAtMs: number | undefined;
  readonly roundTrips: readonly RoundTrip[];
}

/** `refused`: for another reason than the lists and the lockout; `failed`: the TPM or the broker did not carry it out. */
export type CommandResult =
  | 'success'
  | 'authorizationFailure'
  | 'tpmLockout'
  | 'tpmError'
  | 'blocked'
  | 'lockedOut'
  | 'cancelled'
  | 'refused'
  | 'failed';

/** A command that the broker sent to the TPM for a submission: the submitted one, or one that swaps. */
export interface RoundTrip {
  readonly code: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
}
