/**
 * The application's interface for TPM commands, as endpoints see it: one object per connection, created for the caller
 * that the operating system identified.
 */
import type { Caller } from '../../domain/caller.js';
import type { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

export interface Submission {
  readonly contextId: number;
  readonly locality: number;
  /** A level of TBS_COMMAND_PRIORITY, or a value in between. */
  readonly priority: number;
  /** The whole command. The broker may store and modify these bytes, so the endpoint passes its own copy. */
  readonly command: Uint8Array;
  /** A command that is still queued after this many milliseconds is answered with TBS_E_COMMAND_CANCELED. */
  readonly deadlineMs?: number | undefined;
}

export type SubmissionOutcome =
  | {
      readonly kind: 'response';
      /** The TPM's whole response, success or error. */
      readonly response: Uint8Array;
      readonly appliedPriority: number;
      readonly waitMs: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'refused'; readonly error: TbsError };

export interface OpenedContext {
  /** TBS_HCONTEXT: nonzero, unique during the broker's lifetime, and valid only on the connection that opened it. */
  readonly contextId: number;
  readonly tpmVersion: TpmVersion;
  readonly maxCommandBytes: number;
}

export interface CallerConnection {
  readonly caller: Caller;
  /**
   * Throws TBS_E_INVALID_CONTEXT_PARAM (no version given), TBS_E_TPM_NOT_FOUND (the TPM has another version) or
   * TBS_E_TOO_MANY_TBS_CONTEXTS.
   */
  openContext(versions: readonly TpmVersion[]): OpenedContext;
  /** Returns whether this connection opened the context and has not closed it. */
  hasContext(contextId: number): boolean;
  /** Cancels the context's queued commands and flushes its resources. Throws TBS_E_INVALID_CONTEXT. */
  closeContext(contextId: number): void;
  /**
   * Never throws. Calls `done` exactly once: before `submit` returns if the submission is refused, later otherwise, and
   * never after `close`.
   */
  submit(submission: Submission, done: (outcome: SubmissionOutcome) => void): void;
  /** Cancels every outstanding command of the context (Tbsip_Cancel_Commands). Throws TBS_E_INVALID_CONTEXT. */
  cancelCommands(contextId: number): void;
  /** Closes the connection's contexts and drops its callbacks, because the caller has disconnected. */
  close(): void;
}

/** The entry point for endpoints. */
export interface ConnectionOpener {
  connect(caller: Caller): CallerConnection;
}
