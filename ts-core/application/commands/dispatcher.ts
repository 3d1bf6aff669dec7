/**
 * Sends one command at a time to the TPM: takes the next from the queue, asks the gate, lets the virtualizer carry it
 * out, has the response accounted for and answers the caller.
 *
 * Invariants:
 *  - At most one exchange runs; the virtualizer and the transport are never entered twice.
 *  - Every command is answered exactly once, except those whose connection is gone.
 *  - The gate is asked after every earlier command has been accounted for, so that no burst of guesses slips past it.
 *  - A response leaves when the TPM has the next command, and at once when there is none: sending it costs the TPM no time.
 *  - Housekeeping (closing contexts, administration) goes before the next command, one exchange at a time; that of users
 *    beyond their share of the TPM, and what callers ask about the TPM, goes one at a time between the commands.
 */
import { CommandCosts } from '../../domain/scheduling/command-costs.js';
import { type DurationClass, durationClass, TIMEOUT_MS } from '../../domain/scheduling/command-durations.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { TbsError } from '../../domain/tbs-error.js';
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import { createdKeyType } from '../../domain/tpm/created-key-type.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Clock, EventLoop, Log, TpmTransport } from '../ports.js';
import { CommandCompletion, isCancelledResponse, type ResponseTimes } from './command-completion.js';
import { ExchangeDriver, type TpmObserver } from './exchange-driver.js';
import { type Chore, type ChoreUrgency, Housekeeping } from './housekeeping.js';
import type { PendingCommand } from './pending-command.js';

export interface CommandGate {
  /** Undefined lets the command through. Asked right before dispatch. */
  refusalAtDispatch(pending: PendingCommand): TbsError | undefined;
  /** Asked after that: a promise when something must be durable before the TPM gets the command. */
  beforeDispatch(pending: PendingCommand): Promise<void> | undefined;
}

export interface ResponseRecorder {
  /** Acts on the response once; a promise when something must be durable before the response leaves. */
  record(pending: PendingCommand, response: Uint8Array): Promise<void> | undefined;
}

export interface DispatcherParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly virtualizer: Virtualizer;
  readonly queue: CommandQueue<PendingCommand>;
  readonly gate: CommandGate;
  readonly recorder: ResponseRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventLoop: EventLoop;
  /** Told what came of each command to the TPM. */
  readonly presence?: TpmObserver | undefined;
  /** Bounds the time after which a TPM that does not answer counts as hanging; the command's class of duration does too. */
  readonly longestCommandMs?: number;
}

/**
 * Commands that are answered in place follow each other without a turn of the event loop, for so long: timers, signals and
 * the other endpoints wait meanwhile.
 */
const LONGEST_TURN_MS = 2;

export class Dispatcher {
  readonly costs = new CommandCosts();
  readonly #housekeeping = new Housekeeping();
  #running: PendingCommand | undefined;
  /** Of the running command, or the last one; monotonic. */
  #startedAtMs = 0;
  #busy = false;
  /** `everything`: no housekeeping either, since the TPM's saved state must stay as it is. */
  #paused: 'nothing' | 'commands' | 'everything' = 'nothing';
  /** Sum of what the waiting commands are expected to cost. */
  #waitingCostMs = 0;
  readonly #exchanges: ExchangeDriver;
  readonly #completion: CommandCompletion;
  #idleWaiters: (() => void)[] = [];
  #stopped = false;
  /** What is in the TPM is used as long as it is there, when the other command would have to swap. */
  readonly #savesSwap = (kept: PendingCommand, other: PendingCommand): boolean => {
    const { virtualizer } = this.#parts;
    if (virtualizer.swapNeed(other.contextId, other.command) !== 'swap') return false;
    return virtualizer.swapNeed(kept.contextId, kept.command) === 'resident';
  };
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#completion = new CommandCompletion(parts.log);
    this.#exchanges = new ExchangeDriver(parts, () => this.#completion.release());
  }

  /** How commands have ended since the start. */
  get totals(): Readonly<CommandCompletion['totals']> {
    return this.#completion.totals;
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
    pending.expectedMs = this.#costOf(pending);
    this.#waitingCostMs += pending.expectedMs;
    pending.place = this.#parts.queue.push(pending, pending.submittedAtMs);
    if (!this.#busy) this.#pump();
  }

  /**
   * Runs an exchange of the broker's own: before the next command, unless its urgency says otherwise. What it takes of the
   * TPM is charged to the user for whom it is. Rejects with a TbsError.
   */
  runExchange<Result>(begin: () => Exchange<Result>, urgency: ChoreUrgency = {}): Promise<Result> {
    if (this.#stopped) return Promise.reject(stoppedError());
    return new Promise<Result>((resolve, reject) => {
      const work = (): Promise<Result> => this.#driveFor(urgency.userKey, begin);
      this.#housekeeping.add({ work, resolve: resolve as (value: unknown) => void, reject }, urgency);
      if (!this.#busy) this.#pump();
    });
  }

  /** Answers everything outstanding in a context with TBS_E_COMMAND_CANCELED; the running command through the transport. */
  cancelContext(userKey: string, contextId: number): void {
    for (const pending of this.#parts.queue.removeContext(userKey, contextId)) {
      this.#waitingCostMs -= pending.expectedMs;
      this.#completion.cancelled(pending);
    }
    if (this.#running?.contextId === contextId) this.#cancelRunning(this.#running);
  }

  cancelWaiting(pending: PendingCommand): void {
    if (pending.place === undefined || !this.#parts.queue.remove(pending.place)) return;
    this.#waitingCostMs -= pending.expectedMs;
    this.#completion.cancelled(pending);
  }

  /** Cancels the running command where its class of duration is `long`: what a suspend does not wait for. */
  cancelRunningIfLong(): void {
    const running = this.#running;
    if (running === undefined) return;
    if (durationClass(this.#parts.version, running.header.code) === 'long') this.#cancelRunning(running);
  }

  /** Answers the caller of a cancelled command that the TPM did not give up; its result is thrown away when it comes. */
  abandonCancelled(): void {
    if (this.#running?.cancelRequested === true) this.#completion.cancelled(this.#running);
  }

  /** Sends no further command; resolves when the one at the TPM is answered. Housekeeping still runs. */
  async pause(): Promise<void> {
    if (this.#paused === 'nothing') this.#paused = 'commands';
    await this.whenIdle();
  }

  /** Ends for good, once the command at the TPM is answered: exchanges that have not begun, or come later, are refused. */
  async stop(): Promise<void> {
    await this.pause();
    this.halt();
    this.#stopped = true;
    for (const { reject } of this.#housekeeping.removeAll()) reject(stoppedError());
  }

  /** Sends nothing at all: what comes waits for `resume` or `resumeAfter`. */
  halt(): void {
    this.#paused = 'everything';
  }

  resume(): void {
    this.#paused = 'nothing';
    if (!this.#busy) this.#pump();
  }

  /**
   * Ends a suspend. `restart` comes before anything else, brings the TPM back and says whether it has lost its volatile
   * state; then the tables are synchronised with it and the queue goes on, whatever came of that.
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

  /** Resolves when nothing waits and nothing is at the TPM. */
  async whenDrained(): Promise<void> {
    while (this.#busy || this.#hasWork()) await this.whenIdle();
  }

  /**
   * What a command that is submitted now waits when all that waits already goes first, from what commands are known to
   * cost: what is left of the one at the TPM, and the others.
   */
  estimatedWaitMs(): number {
    const leftMs = Math.max(0, (this.#running?.expectedMs ?? 0) - this.ranMs);
    return Math.max(0, leftMs + this.#waitingCostMs);
  }

  #costOf(pending: PendingCommand): number {
    const code = pending.header.code;
    return this.costs.estimateMs(code, createdKeyType(this.#parts.version, code, pending.command));
  }

  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    // Later, when all requests that have arrived together are in the queue: their priorities decide, not their order.
    void Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#busy = false;
        for (const waiter of this.#idleWaiters.splice(0)) waiter();
        // Something may have come in between the last look at the queue and now.
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
      const pending = queue.next(nowMs, this.#savesSwap);
      this.#housekeeping.commandTaken();
      if (pending !== undefined) await this.#dispatch(pending);
    }
    this.#completion.release();
  }

  async #driveFor<Result>(userKey: string | undefined, begin: () => Exchange<Result>): Promise<Result> {
    const startedAtMs = this.#parts.clock.monotonicMs();
    try {
      return await this.#exchanges.drive(begin, 0, this.#timeoutMs('long'));
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
    this.#waitingCostMs -= pending.expectedMs;
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
      const code = pending.header.code;
      this.costs.learn(code, createdKeyType(this.#parts.version, code, pending.command), durationMs);
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
    return this.#exchanges.drive(
      () => virtualizer.execute(pending.contextId, pending.command),
      pending.locality,
      timeoutMs,
    );
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
      log.warn({ error }, 'the TPM could not be asked to cancel; the caller is answered now');
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

  /** A command that its caller gave up made something: nobody knows of it, so it goes. */
  async #discard(pending: PendingCommand, response: Uint8Array): Promise<void> {
    const { virtualizer, log } = this.#parts;
    if (responseCodeOf(response) !== 0) return;
    try {
      await this.#exchanges.drive(
        () => virtualizer.discard(pending.contextId, pending.command, response),
        0,
        this.#timeoutMs('medium'),
      );
    } catch (error) {
      log.warn({ error }, 'what a cancelled command made could not be flushed; it goes with its context');
    }
  }
}

function stoppedError(): TbsError {
  return new TbsError('TBS_E_SERVICE_NOT_RUNNING', { message: 'The broker has stopped.' });
}
