/**
 * Runs one command: asks the gate, has the virtualizer execute it, has the response recorded, and completes the command.
 * Cancels it on request.
 *
 * Invariants:
 *  - Every command is answered exactly once, unless its connection is gone.
 *  - The gate is checked after every earlier response has been recorded, so that a burst of guesses cannot get past it.
 *  - The TPM's time is charged to the user, also for a command that fails.
 */
import { durationClass, timeoutMs } from '../../domain/scheduling/command-durations.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import type { TbsError } from '../../domain/tbs-error.js';
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';
import type { Backlog } from './backlog.js';
import { type CommandCompletion, isCancelledResponse, type ResponseTimes } from './command-completion.js';
import type { ExchangeDriver } from './exchange-driver.js';
import type { PendingCommand } from './pending-command.js';

export interface DispatchGate {
  /** Returns undefined to allow the command. Called immediately before dispatch. */
  refusalAtDispatch(pending: PendingCommand): TbsError | undefined;
  /**
   * Called after `refusalAtDispatch`. Returns a promise if something must be durable before the TPM gets the command.
   */
  beforeDispatch(pending: PendingCommand): Promise<void> | undefined;
}

export interface ResponseRecorder {
  /** Acts on the response, once. Returns a promise if something must be durable before the response is sent. */
  record(pending: PendingCommand, response: Uint8Array): Promise<void> | undefined;
}

export interface RunnerParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly virtualizer: Virtualizer;
  readonly gate: DispatchGate;
  readonly recorder: ResponseRecorder;
  readonly queue: Pick<CommandQueue<PendingCommand>, 'charge'>;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Upper limit on the time after which an unresponsive TPM counts as hanging; each duration class has a limit of its
   * own too.
   */
  readonly longestCommandMs?: number;
}

/** The parts that a command runner shares with the dispatcher. */
export interface SharedParts {
  readonly exchanges: ExchangeDriver;
  readonly completion: CommandCompletion;
  readonly backlog: Pick<Backlog, 'learn'>;
  /** Whether the TPM gets something to do right after the running command. */
  readonly hasMoreWork: () => boolean;
}

export class CommandRunner {
  #running: PendingCommand | undefined;
  /** When the running command, or the last one, was dispatched; monotonic. */
  #startedAtMs = 0;
  readonly #parts: RunnerParts;
  readonly #shared: SharedParts;

  constructor(parts: RunnerParts, shared: SharedParts) {
    this.#parts = parts;
    this.#shared = shared;
  }

  /** The command at the TPM now. */
  get running(): PendingCommand | undefined {
    return this.#running;
  }

  /** How long the TPM has worked on the running command, or the last one. */
  get ranMs(): number {
    return this.#parts.clock.monotonicMs() - this.#startedAtMs;
  }

  async run(pending: PendingCommand): Promise<void> {
    const { gate, clock, queue } = this.#parts;
    const { completion, backlog } = this.#shared;
    pending.deadline?.cancel();
    const refusal = gate.refusalAtDispatch(pending);
    if (refusal !== undefined) return completion.refused(pending, refusal);
    pending.state = 'running';
    this.#running = pending;
    const startedAtMs = clock.monotonicMs();
    this.#startedAtMs = startedAtMs;
    try {
      const durable = gate.beforeDispatch(pending);
      if (durable !== undefined) {
        completion.release();
        await durable;
      }
      const response = await this.#execute(pending);
      const endedAtMs = clock.monotonicMs();
      const durationMs = endedAtMs - startedAtMs;
      queue.charge(pending.userKey, durationMs, endedAtMs);
      backlog.learn(pending, durationMs);
      this.#running = undefined;
      await this.#answer(pending, response, { startedAtMs, durationMs });
    } catch (error) {
      const endedAtMs = clock.monotonicMs();
      if (this.#running !== undefined) queue.charge(pending.userKey, endedAtMs - startedAtMs, endedAtMs);
      this.#running = undefined;
      completion.failed(pending, error);
    }
  }

  /** Cancels the running command if it is of this context. */
  cancelContext(contextId: number): void {
    if (this.#running?.contextId === contextId) this.#cancel(this.#running);
  }

  /** Cancels the running command if its duration class is `long`. */
  cancelIfLong(): void {
    const running = this.#running;
    if (running !== undefined && durationClass(this.#parts.version, running.header.code) === 'long')
      this.#cancel(running);
  }

  /** Answers the caller of a cancelled command that the TPM is still executing. */
  abandonCancelled(): void {
    if (this.#running?.cancelRequested === true) this.#shared.completion.cancelled(this.#running);
  }

  /** Cancels a command at the TPM, through the transport if it can do that. */
  #cancel(pending: PendingCommand): void {
    if (pending.cancelRequested) return;
    pending.cancelRequested = true;
    const { transport, log } = this.#parts;
    const { completion } = this.#shared;
    if (transport.cancellation === 'none') {
      completion.cancelled(pending);
      return;
    }
    transport.cancel().catch((error: unknown) => {
      log.warn({ error }, 'cannot ask the TPM to cancel; the caller is answered now');
      completion.cancelled(pending);
    });
  }

  async #execute(pending: PendingCommand): Promise<Uint8Array> {
    const { version, virtualizer, longestCommandMs } = this.#parts;
    const { exchanges } = this.#shared;
    const limitMs = timeoutMs(durationClass(version, pending.header.code), longestCommandMs);
    const response = await exchanges.executeDirect(pending, limitMs);
    if (response !== null) return response;
    const { contextId, command, locality, roundTrips } = pending;
    return exchanges.drive(() => virtualizer.execute(contextId, command), { locality, timeoutMs: limitMs, roundTrips });
  }

  async #answer(pending: PendingCommand, response: Uint8Array, times: ResponseTimes): Promise<void> {
    const { completion, hasMoreWork } = this.#shared;
    const durable = this.#parts.recorder.record(pending, response);
    if (pending.state === 'answered') return this.#discard(pending, response);
    if (pending.cancelRequested && isCancelledResponse(this.#parts.version, response)) {
      return completion.cancelled(pending);
    }
    if (durable === undefined && hasMoreWork()) completion.hold(pending, response, times);
    else completion.response(pending, response, times, durable);
  }

  /** Flushes what a cancelled command created, because its caller never learned the handle. */
  async #discard(pending: PendingCommand, response: Uint8Array): Promise<void> {
    const { virtualizer, longestCommandMs, log } = this.#parts;
    if (responseCodeOf(response) !== 0) return;
    try {
      await this.#shared.exchanges.drive(() => virtualizer.discard(pending.contextId, pending.command, response), {
        locality: 0,
        timeoutMs: timeoutMs('medium', longestCommandMs),
      });
    } catch (error) {
      log.warn({ error }, 'cannot flush what a cancelled command created; it is flushed when its context closes');
    }
  }
}
