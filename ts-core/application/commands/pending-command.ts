/** One accepted submission on its way through the queue to the TPM. */
import type { Caller } from '../../domain/caller.js';
import type { QueuedCommand } from '../../domain/scheduling/command-queue.js';
import type { QueuePlace } from '../../domain/scheduling/queue-lines.js';
import type { CommandHeader } from '../../domain/tpm/command-header.js';
import type { SubmissionOutcome } from './caller-connection.js';

export interface PendingCommand extends QueuedCommand {
  readonly contextId: number;
  readonly userKey: string;
  /** The applied priority. */
  readonly priority: number;
  readonly caller: Caller;
  readonly locality: number;
  readonly command: Uint8Array;
  readonly header: CommandHeader;
  /** What the filter's lists were when it decided; decided again at dispatch when they have changed. */
  readonly listsRevision: number;
  /** Monotonic. */
  readonly submittedAtMs: number;
  readonly done: (outcome: SubmissionOutcome) => void;
  /** Ends the command's deadline timer. */
  deadline: { cancel(): void } | undefined;
  /** `answered`: the caller has its outcome, whatever the TPM still does. Each command is answered exactly once. */
  state: 'waiting' | 'running' | 'answered';
  cancelRequested: boolean;
  /** Undefined before it is in the queue. */
  place: QueuePlace | undefined;
  /** What it is expected to cost the TPM, as reckoned when it was queued. */
  expectedMs: number;
}
