/**
 * Sends one command at a time to the TPM: takes the next from the queue, checks the gate, has the virtualizer execute
 * it, has the response recorded, and completes the command.
 *
 * Invariants:
 *  - At most one exchange runs; the virtualizer and the transport are never entered twice.
 *  - Every command is answered exactly once, unless its connection is gone.
 *  - The gate is checked after every earlier response has been recorded, so that a burst of guesses cannot get past it.
 *  - A response is sent once the TPM has the next command, or immediately if there is none, so that sending it costs
 *    the TPM no time.
 *  - Housekeeping (closing contexts, administration) runs before the next command, one exchange at a time. Housekeeping
 *    for users beyond their share of the TPM, and callers' questions about the TPM, run one at a time between commands.
 */
import type { CommandCosts } from '../../domain/scheduling/command-costs.js';
import { type DurationClass, durationClass, TIMEOUT_MS } from '../../domain/scheduling/command-durations.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { TbsError } from '../../domain/tbs-error.js';
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { EventLoop } from '../ports/event-loop.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';
import { Backlog } from './backlog.js';
import { CommandCompletion, isCancelledResponse, type ResponseTimes } from './command-completion.js';
import { ExchangeDriver, type TpmObserver } from './exchange-driver.js';
import { type Chore, type ChoreUrgency, Housekeeping } from './housekeeping.js';
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

export interface DispatcherParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly virtualizer: Virtualizer;
  readonly queue: CommandQueue<PendingCommand>;
  readonly gate: DispatchGate;
  readonly recorder: ResponseRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventLoop: EventLoop;
  /** Notified of the outcome of each command to the TPM. */
  readonly presence?: TpmObserver | undefined;
  /**
   * Upper limit on the time after which an unresponsive TPM counts as hanging; each duration class has a limit of its
   * own too.
   */
  readonly longestCommandMs?: number;
}

/**
 * Commands that are answered in place may follow each other without a turn of the event loop for this long. Timers,
 * signals and the other endpoints wait in the meantime.
 */
const LONGEST_TURN_MS = 2;

export class Dispatcher {
  readonly #backlog: Backlog;
  readonly #housekeeping = new Housekeeping();
  #running: PendingCommand | undefined;
  /** When the running command, or the last one, was dispatched; monotonic. */
  #startedAtMs = 0;
  #busy = false;
  /** `everything` stops housekeeping too, because the TPM's saved state must not change. */
  #paused: 'nothing' | 'commands' | 'everything' = 'nothing';
  readonly #exchanges: ExchangeDriver;
  readonly #completion: CommandCompletion;
  #idleWaiters: (() => void)[] = [];
  #stopped = false;
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#backlog = new Backlog(parts);
    this.#completion = new CommandCompletion(parts.log);
    this.#exchanges = new ExchangeDriver(parts, () => this.#completion.release());
  }

  /** The number of commands since the start, by outcome. */
  get totals(): Readonly<CommandCompletion['totals']> {
    return this.#completion.totals;
  }

  /** What commands have cost the TPM so far. */
  get costs(): CommandCosts {
    return this.#backlog.costs;
  }

  get inFlight(): boolean {
    return this.#busy;
  }

  get isPaused(): boolean {
    return this.#paused !== 'nothing';
  }

  /** The command at the TPM now. */
  get runningCommand(): PendingCommand | undefined {
    return this.#running;
  }

  /** How long the TPM has worked on the running command, or the last one. */
  get ranMs(): number {
    return this.#parts.clock.monotonicMs() - this.#startedAtMs;
  }

  enqueue(pending: PendingCommand): void {
    this.#backlog.add(pending);
    if (!this.#busy) this.#pump();
  }

  /**
   * Runs one of the broker's own exchanges: before the next command, unless `urgency` says otherwise. Its TPM time is
   * charged to the user for whom it runs. Rejects with a TbsError.
   */
  runExchange<Result>(begin: () => Exchange<Result>, urgency: ChoreUrgency = {}): Promise<Result> {
    if (this.#stopped) return Promise.reject(stoppedError());
    return new Promise<Result>((resolve, reject) => {
      const work = (): Promise<Result> => this.#driveFor(urgency.userKey, begin);
      this.#housekeeping.add({ work, resolve: resolve as (value: unknown) => void, reject }, urgency);
      if (!this.#busy) this.#pump();
    });
  }

  /**
   * Cancels every outstanding command of a context with TBS_E_COMMAND_CANCELED, the running one through the transport.
   */
  cancelContext(userKey: string, contextId: number): void {
    for (const pending of this.#backlog.removeContext(userKey, contextId)) this.#completion.cancelled(pending);
    if (this.#running?.contextId === contextId) this.#cancelRunning(this.#running);
  }

  cancelWaiting(pending: PendingCommand): void {
    if (this.#backlog.remove(pending)) this.#completion.cancelled(pending);
  }

  /** Cancels the running command if its duration class is `long`, because a suspend does not wait for those. */
  cancelRunningIfLong(): void {
    const running = this.#running;
    if (running === undefined) return;
    if (durationClass(this.#parts.version, running.header.code) === 'long') this.#cancelRunning(running);
  }

  /**
   * Answers the caller of a cancelled command that the TPM goes on executing. The result is discarded when it arrives.
   */
  abandonCancelled(): void {
    if (this.#running?.cancelRequested === true) this.#completion.cancelled(this.#running);
  }

  /** Stops dispatching commands; resolves when the running one is answered. Housekeeping still runs. */
  async pause(): Promise<void> {
    if (this.#paused === 'nothing') this.#paused = 'commands';
    await this.whenIdle();
  }

  /**
   * Stops for good once the running command is answered. Exchanges that have not started, or that are requested later,
   * are rejected.
   */
  async stop(): Promise<void> {
    await this.pause();
    this.halt();
    this.#stopped = true;
    for (const { reject } of this.#housekeeping.removeAll()) reject(stoppedError());
  }

  /** Sends nothing at all until `resume` or `resumeAfter`. */
  halt(): void {
    this.#paused = 'everything';
  }

  resume(): void {
    this.#paused = 'nothing';
    if (!this.#busy) this.#pump();
  }

  /**
   * Ends a suspend. `restart` runs first; it brings the TPM back and returns whether volatile state was lost. Then the
   * tables are synchronised with the TPM and the queue continues, even if that failed.
   */
  async resumeAfter(restart: () => Promise<'kept' | 'lost'>): Promise<void> {
    const work = (): Promise<void> => this.#exchanges.comeBack(restart, this.#timeoutMs('long'));
    const resumed = new Promise<unknown>((resolve, reject) => this.#housekeeping.addFirst({ work, resolve, reject }));
    this.#paused = 'commands';
    if (!this.#busy) this.#pump();
    try {
      await resumed;
    } finally {
      this.resume();
    }
  }

  whenIdle(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Resolves when the queue is empty and no command is running. */
  async whenDrained(): Promise<void> {
    while (this.#busy || this.#hasWork()) await this.whenIdle();
  }

  /**
   * Estimates how long a command submitted now would wait if everything in the queue went first: the expected rest of
   * the running command, plus the expected cost of the queued ones.
   */
  estimatedWaitMs(): number {
    const leftMs = Math.max(0, (this.#running?.expectedMs ?? 0) - this.ranMs);
    return Math.max(0, leftMs + this.#backlog.costMs);
  }

  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    // Deferred until all requests that arrived together are queued, so that priority decides and not arrival order.
    void Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#busy = false;
        for (const waiter of this.#idleWaiters.splice(0)) waiter();
        // A command may have been queued since the last check.
        if (this.#hasWork()) this.#pump();
      });
  }

  #hasWork(): boolean {
    if (this.#paused === 'everything') return false;
    return this.#housekeeping.size > 0 || (this.#paused === 'nothing' && this.#parts.queue.size > 0);
  }

  async #run(): Promise<void> {
    const { clock, eventLoop, queue } = this.#parts;
    let turnBeganMs = clock.monotonicMs();
    while (this.#hasWork()) {
      const nowMs = clock.monotonicMs();
      if (nowMs - turnBeganMs > LONGEST_TURN_MS) {
        this.#completion.release();
        await eventLoop.nextTurn();
        turnBeganMs = clock.monotonicMs();
        continue;
      }
      const commandsWait = this.#paused === 'nothing' && queue.size > 0;
      const chore = this.#housekeeping.next(commandsWait, (userKey) => queue.isWithinShare(userKey, nowMs));
      if (chore !== undefined) {
        await this.#doChore(chore);
        continue;
      }
      const pending = this.#backlog.take(nowMs);
      this.#housekeeping.commandTaken();
      if (pending !== undefined) await this.#dispatch(pending);
    }
    this.#completion.release();
  }

  async #driveFor<Result>(userKey: string | undefined, begin: () => Exchange<Result>): Promise<Result> {
    const startedAtMs = this.#parts.clock.monotonicMs();
    try {
      return await this.#exchanges.drive(begin, { locality: 0, timeoutMs: this.#timeoutMs('long') });
    } finally {
      const endedAtMs = this.#parts.clock.monotonicMs();
      if (userKey !== undefined) this.#parts.queue.charge(userKey, endedAtMs - startedAtMs, endedAtMs);
    }
  }

  async #doChore(chore: Chore): Promise<void> {
    this.#completion.release();
    try {
      chore.resolve(await chore.work());
    } catch (error) {
      chore.reject(error);
    }
  }

  async #dispatch(pending: PendingCommand): Promise<void> {
    pending.deadline?.cancel();
    const refusal = this.#parts.gate.refusalAtDispatch(pending);
    if (refusal !== undefined) return this.#completion.refused(pending, refusal);
    pending.state = 'running';
    this.#running = pending;
    const startedAtMs = this.#parts.clock.monotonicMs();
    this.#startedAtMs = startedAtMs;
    try {
      const durable = this.#parts.gate.beforeDispatch(pending);
      if (durable !== undefined) {
        this.#completion.release();
        await durable;
      }
      const response = await this.#execute(pending);
      const endedAtMs = this.#parts.clock.monotonicMs();
      const durationMs = endedAtMs - startedAtMs;
      this.#charge(pending, startedAtMs, endedAtMs);
      this.#backlog.learn(pending, durationMs);
      this.#running = undefined;
      await this.#answerResponse(pending, response, { startedAtMs, durationMs });
    } catch (error) {
      if (this.#running !== undefined) this.#charge(pending, startedAtMs, this.#parts.clock.monotonicMs());
      this.#running = undefined;
      this.#completion.failed(pending, error);
    }
  }

  #charge({ userKey }: PendingCommand, startedAtMs: number, endedAtMs: number): void {
    this.#parts.queue.charge(userKey, endedAtMs - startedAtMs, endedAtMs);
  }

  async #execute(pending: PendingCommand): Promise<Uint8Array> {
    const timeoutMs = this.#timeoutMs(durationClass(this.#parts.version, pending.header.code));
    const { virtualizer } = this.#parts;
    const response = await this.#exchanges.executeDirect(pending, timeoutMs);
    if (response !== null) return response;
    const { contextId, command, locality, roundTrips } = pending;
    return this.#exchanges.drive(() => virtualizer.execute(contextId, command), { locality, timeoutMs, roundTrips });
  }

  #timeoutMs(duration: DurationClass): number {
    return Math.min(TIMEOUT_MS[duration], this.#parts.longestCommandMs ?? TIMEOUT_MS.long);
  }

  #cancelRunning(pending: PendingCommand): void {
    if (pending.cancelRequested || pending.state !== 'running') return;
    pending.cancelRequested = true;
    const { transport, log } = this.#parts;
    if (transport.cancellation === 'none') {
      this.#completion.cancelled(pending);
      return;
    }
    transport.cancel().catch((error: unknown) => {
      log.warn({ error }, 'cannot ask the TPM to cancel; the caller is answered now');
      this.#completion.cancelled(pending);
    });
  }

  async #answerResponse(pending: PendingCommand, response: Uint8Array, times: ResponseTimes): Promise<void> {
    const durable = this.#parts.recorder.record(pending, response);
    if (pending.state === 'answered') return this.#discard(pending, response);
    if (pending.cancelRequested && isCancelledResponse(this.#parts.version, response)) {
      return this.#completion.cancelled(pending);
    }
    if (durable === undefined && this.#hasWork()) this.#completion.hold(pending, response, times);
    else this.#completion.response(pending, response, times, durable);
  }

  /** Flushes what a cancelled command created, because its caller never learned the handle. */
  async #discard(pending: PendingCommand, response: Uint8Array): Promise<void> {
    const { virtualizer, log } = this.#parts;
    if (responseCodeOf(response) !== 0) return;
    try {
      await this.#exchanges.drive(() => virtualizer.discard(pending.contextId, pending.command, response), {
        locality: 0,
        timeoutMs: this.#timeoutMs('medium'),
      });
    } catch (error) {
      log.warn({ error }, 'cannot flush what a cancelled command created; it is flushed when its context closes');
    }
  }
}

function stoppedError(): TbsError {
  return new TbsError('TBS_E_SERVICE_NOT_RUNNING', { message: 'The broker has stopped.' });
}
