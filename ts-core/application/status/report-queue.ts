/** What waits for the TPM, by user and priority, and what the TPM works on. */
import { type Caller, mayReadOthers } from '../../domain/caller.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { PendingCommand } from '../commands/pending-command.js';

/** By band of the queue. `aged`: waited for so long that it goes before everything that has not. */
export const WAITING_PRIORITIES = ['low', 'normal', 'high', 'system', 'max', 'aged'] as const;
export type WaitingPriority = (typeof WAITING_PRIORITIES)[number];

export interface WaitingCommands {
  readonly userKey: string;
  readonly priority: WaitingPriority;
  readonly count: number;
}

export interface RunningCommand {
  readonly userKey: string;
  readonly code: number;
  /** So far. */
  readonly durationMs: number;
}

export interface QueueReport {
  readonly waiting: readonly WaitingCommands[];
  readonly running: RunningCommand | undefined;
}

export class ReportQueue {
  readonly #queue: CommandQueue<PendingCommand>;
  readonly #dispatcher: Dispatcher;

  constructor(queue: CommandQueue<PendingCommand>, dispatcher: Dispatcher) {
    this.#queue = queue;
    this.#dispatcher = dispatcher;
  }

  /** What the caller may see: its own commands; administrators and observers see everybody's. */
  get(caller: Caller): QueueReport {
    const maySee = (userKey: string): boolean => mayReadOthers(caller) || userKey === caller.userKey;
    const running = this.#dispatcher.runningCommand;
    return {
      waiting: this.#queue
        .waitingByUser()
        .filter(({ userKey }) => maySee(userKey))
        .flatMap(({ userKey, byBand }) =>
          byBand.flatMap((count, band) => (count === 0 ? [] : [{ userKey, priority: priorityOf(band), count }])),
        ),
      running:
        running === undefined || !maySee(running.userKey)
          ? undefined
          : { userKey: running.userKey, code: running.header.code, durationMs: this.#dispatcher.ranMs },
    };
  }
}

function priorityOf(band: number): WaitingPriority {
  return WAITING_PRIORITIES[band] as WaitingPriority;
}
