/** What waits for the TPM, by user and priority, and what the TPM works on. */
import { type Caller, mayRead } from '../../domain/caller.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { BAND_NAMES, type BandName } from '../../domain/scheduling/priority.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { PendingCommand } from '../commands/pending-command.js';

export interface WaitingCommands {
  readonly userKey: string;
  /** `aged`: waited for so long that it goes before everything that has not. */
  readonly priority: BandName;
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

  /** Returns what the caller may see: its own commands; administrators and observers see everybody's. */
  get(caller: Caller): QueueReport {
    const running = this.#dispatcher.runningCommand;
    return {
      waiting: this.#queue
        .waitingByUser()
        .filter(({ userKey }) => mayRead(caller, { userKey, callerClass: undefined }))
        .flatMap(({ userKey, byBand }) =>
          BAND_NAMES.map((priority, band) => ({ userKey, priority, count: byBand[band] ?? 0 })).filter(
            ({ count }) => count > 0,
          ),
        ),
      running:
        running === undefined || !mayRead(caller, running.caller)
          ? undefined
          : { userKey: running.userKey, code: running.header.code, durationMs: this.#dispatcher.ranMs },
    };
  }
}
