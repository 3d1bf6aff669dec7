/** An accepted submission, from the queue until its response. */
import type { Caller } from '../../domain/caller.js';
import type { ResponseClass } from '../../domain/lockout/response-classification.js';
import type { QueuedCommand } from '../../domain/scheduling/command-queue.js';
import type { QueuePlace } from '../../domain/scheduling/queue-lines.js';
import type { CommandHeader } from '../../domain/tpm/command-header.js';
import type { RoundTrip } from '../ports/command-tracer.js';
import type { SubmissionOutcome } from './caller-connection.js';

export interface PendingCommand extends QueuedCommand {
  readonly contextId: number;
  readonly userKey: string;
  /** The applied priority, not the requested one. */
  readonly priority: number;
  readonly caller: Caller;
  readonly locality: number;
  readonly command: Uint8Array;
  readonly header: CommandHeader;
  /** Revision of the filter lists at the last decision. If it has changed by dispatch, the filter decides again. */
  readonly listsRevision: number;
  /** Monotonic. */
  readonly submittedAtMs: number;
  readonly done: (outcome: SubmissionOutcome) => void;
  /** The timer that enforces the command's deadline. */
  deadline: { cancel(): void } | undefined;
  /**
   * `answered` means that the caller has its outcome, even if the TPM is still executing. Each command is answered
   * exactly once.
   */
  state: 'waiting' | 'running' | 'answered';
  cancelRequested: boolean;
  /** Undefined until it is queued. */
  place: QueuePlace | undefined;
  /** The expected cost in TPM time, estimated when it was queued. */
  expectedMs: number;
  /** Undefined until the TPM has answered. */
  responseClass: ResponseClass | undefined;
  /** What was sent to the TPM for it so far; undefined unless it is traced. */
  readonly roundTrips: RoundTrip[] | undefined;
}
