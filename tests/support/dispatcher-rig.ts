/** A dispatcher between a queue and a scripted transport, with a gate and recorder that the test controls. */
import { Dispatcher } from '../../ts-core/application/commands/dispatcher.js';
import type { PendingCommand } from '../../ts-core/application/commands/pending-command.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import { CommandQueue } from '../../ts-core/domain/scheduling/command-queue.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC } from '../../ts-core/domain/tpm20/codes.js';
import { FakeClock } from './fake-clock.js';
import { PassThroughVirtualizer } from './pass-through-virtualizer.js';
import { type PendingOptions, pendingCommand, type Submitted } from './pending-command.js';
import { QuietEventLoop } from './quiet-event-loop.js';
import { quietLog } from './quiet-log.js';
import { ScriptedTransport } from './scripted-transport.js';
import { command, createPrimary, getRandom } from './tpm20-commands.js';

export const SUCCESS = errorResponse('2.0', TPM_RC.SUCCESS);
export const CANCELED = errorResponse('2.0', TPM_RC.CANCELED);
export const INITIALIZE = errorResponse('2.0', TPM_RC.INITIALIZE);
export const CREATE_PRIMARY = TPM_CC.CreatePrimary;

export function dispatcherRig(
  cancellation: TpmTransport['cancellation'] = 'controlChannel',
  longestCommandMs?: number,
) {
  const transport = new ScriptedTransport(cancellation);
  const virtualizer = new PassThroughVirtualizer();
  const clock = new FakeClock();
  const eventLoop = new QuietEventLoop();
  const log = quietLog();
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
  const refusals = new Map<number, TbsError>();
  const preparations = new Map<number, Promise<void>>();
  const told: string[] = [];
  const presence = {
    told,
    answered: () => void told.push('answered'),
    failed: (error: unknown) => void told.push(`failed ${error instanceof TbsError ? error.symbol : error}`),
    wasReset: () => void told.push('reset'),
  };
  const accounted: number[] = [];
  let durable: Promise<void> | undefined;
  const dispatcher = new Dispatcher({
    version: '2.0',
    transport,
    virtualizer,
    queue,
    gate: {
      refusalAtDispatch: ({ contextId }) => refusals.get(contextId),
      beforeDispatch: ({ contextId }) => preparations.get(contextId),
    },
    recorder: {
      record: ({ contextId }) => {
        accounted.push(contextId);
        return durable;
      },
    },
    clock,
    log,
    eventLoop,
    presence,
    ...(longestCommandMs === undefined ? {} : { longestCommandMs }),
  });
  /** Queues a command with this code: a whole GetRandom or CreatePrimary, and of others only the header. */
  const submit = (
    contextId: number,
    priority = 200,
    code: number = TPM_CC.GetRandom,
    options: PendingOptions = {},
  ): Submitted => {
    const submittedAtMs = clock.monotonicMs();
    const submitted = pendingCommand({ contextId, priority, submittedAtMs, command: commandOf(code), ...options });
    dispatcher.enqueue(submitted.pending);
    return submitted;
  };
  return {
    ...{
      dispatcher,
      transport,
      virtualizer,
      queue,
      clock,
      eventLoop,
      log,
      refusals,
      preparations,
      accounted,
      presence,
    },
    submit,
    makeDurableBy: (promise: Promise<void>) => {
      durable = promise;
    },
  };
}

function commandOf(code: number): Uint8Array {
  if (code === TPM_CC.GetRandom) return getRandom(8);
  return code === TPM_CC.CreatePrimary ? createPrimary() : command(code, []);
}
