/**
 * A ConnectionOpener without a broker: commands go to a transport unchanged, one at a time. For tests of endpoints.
 */
import type {
  CallerConnection,
  ConnectionOpener,
  OpenedContext,
  Submission,
  SubmissionOutcome,
} from '../../ts-core/application/commands/caller-connection.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';

export interface DirectOpener extends ConnectionOpener {
  /** Every connection opened so far, in order. */
  readonly connections: readonly DirectConnection[];
  openContexts(): number;
  /** The error with which every submission is refused from now on, instead of being sent. */
  refuseWith: TbsError | undefined;
  /** The error with which openContext fails from now on. */
  refuseContextWith: TbsError | undefined;
}

export interface DirectConnection {
  readonly caller: Caller;
  readonly submissions: readonly Submission[];
  readonly cancelled: readonly number[];
  readonly isClosed: boolean;
}

export function directOpener(transport: Pick<TpmTransport, 'transmit'>, tpmVersion: TpmVersion): DirectOpener {
  const connections: Connection[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let lastContextId = 0;

  class Connection implements CallerConnection, DirectConnection {
    readonly submissions: Submission[] = [];
    readonly cancelled: number[] = [];
    readonly contexts = new Set<number>();
    isClosed = false;
    constructor(readonly caller: Caller) {}

    openContext(): OpenedContext {
      if (opener.refuseContextWith !== undefined) throw opener.refuseContextWith;
      this.contexts.add(++lastContextId);
      return { contextId: lastContextId, tpmVersion, maxCommandBytes: 4096 };
    }
    hasContext(contextId: number): boolean {
      return this.contexts.has(contextId);
    }
    closeContext(contextId: number): void {
      if (!this.contexts.delete(contextId)) throw new TbsError('TBS_E_INVALID_CONTEXT');
    }
    submit(submission: Submission, done: (outcome: SubmissionOutcome) => void): void {
      this.submissions.push(submission);
      const refused = (error: TbsError) => done({ kind: 'refused', error });
      const refusal = this.contexts.has(submission.contextId)
        ? opener.refuseWith
        : new TbsError('TBS_E_INVALID_CONTEXT');
      if (refusal !== undefined) {
        refused(refusal);
        return;
      }
      const { command, locality } = submission;
      last = last
        .then(() => transport.transmit(command, { locality, timeoutMs: 20_000 }))
        .then(
          (response) => done({ kind: 'response', response, appliedPriority: 200, waitMs: 0, durationMs: 0 }),
          (error) =>
            refused(error instanceof TbsError ? error : new TbsError('TBS_E_INTERNAL_ERROR', { cause: error })),
        );
    }
    cancelCommands(contextId: number): void {
      this.cancelled.push(contextId);
    }
    close(): void {
      this.isClosed = true;
      this.contexts.clear();
    }
  }

  const opener: DirectOpener = {
    connections,
    refuseWith: undefined,
    refuseContextWith: undefined,
    openContexts: () => connections.reduce((sum, connection) => sum + connection.contexts.size, 0),
    connect: (caller) => {
      const connection = new Connection(caller);
      connections.push(connection);
      return connection;
    },
  };
  return opener;
}
