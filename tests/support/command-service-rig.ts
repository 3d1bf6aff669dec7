/** A command service with its queue and dispatcher, between callers that connect and a scripted transport. */
import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../ts-core/application/commands/caller-connection.js';
import {
  CommandService,
  type QueueLimits,
  type SubmissionGate,
} from '../../ts-core/application/commands/command-service.js';
import { Dispatcher } from '../../ts-core/application/commands/dispatcher.js';
import type { PendingCommand } from '../../ts-core/application/commands/pending-command.js';
import { Contexts } from '../../ts-core/application/contexts/contexts.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { CommandQueue } from '../../ts-core/domain/scheduling/command-queue.js';
import type { TbsError } from '../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_RC } from '../../ts-core/domain/tpm20/codes.js';
import { policyOf } from '../domain/filter/filter-fixtures.js';
import { ALICE } from './callers.js';
import { FakeClock } from './fake-clock.js';
import { PassThroughVirtualizer } from './pass-through-virtualizer.js';
import { QuietEventLoop } from './quiet-event-loop.js';
import { quietLog } from './quiet-log.js';
import { ScriptedTransport } from './scripted-transport.js';
import { getRandom } from './tpm20-commands.js';

export const SUCCESS = errorResponse('2.0', TPM_RC.SUCCESS);
const LIMITS: QueueLimits = { maxQueuedPerContext: 4, maxQueuedPerUser: 6, maxQueued: 32 };

class OpenedVirtualizer extends PassThroughVirtualizer {
  readonly opened: [number, Caller][] = [];
  override openContext(contextId: number, caller: Caller): void {
    this.opened.push([contextId, caller]);
  }
}

export function commandServiceRig({
  limits = LIMITS,
  gate = {},
}: {
  limits?: QueueLimits;
  gate?: Partial<SubmissionGate>;
} = {}) {
  const [transport, virtualizer, clock, log] = [
    new ScriptedTransport(),
    new OpenedVirtualizer(),
    new FakeClock(),
    quietLog(),
  ];
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
  const contexts = new Contexts(() => policyOf({ maxContexts: 100, maxContextsPerUser: 10 }));
  const version = '2.0' as const;
  const recorder = { record: () => undefined };
  const dispatcher = new Dispatcher({
    ...{ version, transport, virtualizer, queue, clock, log, recorder, eventLoop: new QuietEventLoop() },
    gate: { refusalAtDispatch: () => undefined, beforeDispatch: () => undefined },
  });
  const submissions: PendingCommand[] = [];
  const service = new CommandService({
    ...{ version, maxCommandBytes: 64, contexts, queue, dispatcher, virtualizer, transport, limits, clock, log },
    gate: {
      listsRevision: 3,
      ...gate,
      refusalAtSubmission: (pending) => {
        submissions.push(pending);
        return gate.refusalAtSubmission?.(pending);
      },
    },
  });
  const connect = (caller: Caller = ALICE) => {
    const connection = service.connect(caller);
    const open = () => connection.openContext(['2.0']).contextId;
    const submit = (
      contextId: number,
      submission: { command?: Uint8Array; locality?: number; priority?: number; deadlineMs?: number } = {},
    ) => {
      const answers: SubmissionOutcome[] = [];
      const whole = { contextId, locality: 0, priority: 200, command: getRandom(8), ...submission };
      connection.submit(whole, (outcome) => answers.push(outcome));
      return answers;
    };
    return { connection, open, submit };
  };
  return { transport, virtualizer, clock, log, queue, contexts, dispatcher, submissions, service, connect };
}

export function endsOf(answers: readonly SubmissionOutcome[]): string[] {
  return answers.map((answer) => (answer.kind === 'refused' ? answer.error.symbol : 'response'));
}

export function errorIn(answers: readonly SubmissionOutcome[]): TbsError {
  const [answer] = answers;
  assert.ok(answer?.kind === 'refused');
  return answer.error;
}

export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
