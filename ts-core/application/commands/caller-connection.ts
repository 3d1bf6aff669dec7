/**
 * What an endpoint sees of the application for TPM traffic: one object per connection, made for the caller whom the
 * operating system named. Endpoints decode and call this; they decide nothing.
 */
import type { Caller } from '../../domain/caller.js';
import type { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

export interface Submission {
  readonly contextId: number;
  readonly locality: number;
  /** TBS_COMMAND_PRIORITY: 100, 200, 300, 400 or 0x80000000; other values fall in between. */
  readonly priority: number;
  /** The whole command. The broker may keep and change these bytes: the endpoint hands over a copy that is its own. */
  readonly command: Uint8Array;
  /** When still queued after so many milliseconds, it is answered with TBS_E_COMMAND_CANCELED. */
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
  /** TBS_HCONTEXT: nonzero, unique over the broker's life, usable on the connection that opened it only. */
  readonly contextId: number;
  readonly tpmVersion: TpmVersion;
  readonly maxCommandBytes: number;
}

export interface CallerConnection {
  readonly caller: Caller;
  /** Throws TBS_E_INVALID_CONTEXT_PARAM (no version), TBS_E_TPM_NOT_FOUND (none fits), TBS_E_TOO_MANY_TBS_CONTEXTS. */
  openContext(versions: readonly TpmVersion[]): OpenedContext;
  /** Whether this connection opened it and has not closed it. */
  hasContext(contextId: number): boolean;
  /** Throws TBS_E_INVALID_CONTEXT. Cancels what waits, flushes what it holds. */
  closeContext(contextId: number): void;
  /**
   * Never throws. `done` is called exactly once: at once (before `submit` returns) for what is refused at submission,
   * later for the rest; never after `close`.
   */
  submit(submission: Submission, done: (outcome: SubmissionOutcome) => void): void;
  /** Tbsip_Cancel_Commands: every outstanding command of the context. Throws TBS_E_INVALID_CONTEXT. */
  cancelCommands(contextId: number): void;
  /** The connection is gone: closes its contexts and forgets its callbacks. */
  close(): void;
}

/** The application's door for endpoints. */
export interface ConnectionOpener {
  connect(caller: Caller): CallerConnection;
}
