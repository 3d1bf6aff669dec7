/**
 * Decides what the TPM does next: one command at a time from the queue, or one of the broker's own exchanges. Pauses,
 * resumes and stops this.
 *
 * Invariants:
 *  - At most one exchange runs; the virtualizer and the transport are never entered twice.
 *  - Every command is answered exactly once, unless its connection is gone.
 *  - A response is sent once the TPM has the next command, or immediately if there is none, so that sending it costs
 *    the TPM no time.
 *  - Housekeeping (closing contexts, administration) runs before the next command, one exchange at a time. Housekeeping
 *    for users beyond their share of the TPM, and callers' questions about the TPM, run one at a time between commands.
 */
import type { CommandCosts } from '../../domain/scheduling/command-costs.js';
import { timeoutMs } from '../../domain/scheduling/command-durations.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { Backlog } from './backlog.js';
import { CommandCompletion } from './command-completion.js';
import { CommandRunner, type RunnerParts } from './command-runner.js';
import { ExchangeDriver, type ExchangeParts } from './exchange-driver.js';
import { type Chore, type ChoreUrgency, Housekeeping } from './housekeeping.js';
import type { PendingCommand } from './pending-command.js';

export interface DispatcherParts extends RunnerParts, ExchangeParts {
  readonly queue: CommandQueue<PendingCommand>;
}

/**
 * Commands that are answered in place may follow each other without a turn of the event loop for this long. Timers,
 * signals and the other endpoints wait in the meantime.
 */
const LONGEST_TURN_MS = 2;

export class Dispatcher {
  readonly #backlog: Backlog;
  readonly #housekeeping = new Housekeeping();
  #busy = false;
  /** `everything` stops housekeeping too, because the TPM's saved state must not change. */
  #paused: 'nothing' | 'commands' | 'everything' = 'nothing';
  readonly #exchanges: ExchangeDriver;
  readonly #runner: CommandRunner;
  readonly #completion: CommandCompletion;
  #idleWaiters: (() => void)[] = [];
  #stopped = false;
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#backlog = new Backlog(parts);
    this.#completion = new CommandCompletion(parts.log);
    this.#exchanges = new ExchangeDriver(parts, () => this.#completion.release());
    this.#runner = new CommandRunner(parts, {
      exchanges: this.#exchanges,
      completion: this.#completion,
      backlog: this.#backlog,
      hasMoreWork: () => this.#hasWork(),
    });
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
    return this.#runner.running;
  }

  /** How long the TPM has worked on the running command, or the last one. */
  get ranMs(): number {
    return this.#runner.ranMs;
  }

  enqueue(pending: PendingCommand): void {
    this.#backlog.add(pending);
    this.#pump();
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
      this.#pump();
    });
  }

  /**
   * Cancels every outstanding command of a context with TBS_E_COMMAND_CANCELED, the running one through the transport.
   */
  cancelContext(userKey: string, contextId: number): void {
    for (const pending of this.#backlog.removeContext(userKey, contextId)) this.#completion.cancelled(pending);
    this.#runner.cancelContext(contextId);
  }

  cancelWaiting(pending: PendingCommand): void {
    if (this.#backlog.remove(pending)) this.#completion.cancelled(pending);
  }

  /** Cancels the running command if its duration class is `long`, because a suspend does not wait for those. */
  cancelRunningIfLong(): void {
    this.#runner.cancelIfLong();
  }

  /**
   * Answers the caller of a cancelled command that the TPM is still executing. The result is discarded when it arrives.
   */
  abandonCancelled(): void {
    this.#runner.abandonCancelled();
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
    this.#pump();
  }

  /**
   * Ends a suspend. `restart` runs first; it brings the TPM back and returns whether volatile state was lost. Then the
   * tables are synchronised with the TPM and the queue continues, even if that failed.
   */
  async resumeAfter(restart: () => Promise<'kept' | 'lost'>): Promise<void> {
    const work = (): Promise<void> => this.#exchanges.comeBack(restart, this.#longTimeoutMs);
    const resumed = new Promise<unknown>((resolve, reject) => this.#housekeeping.addFirst({ work, resolve, reject }));
    this.#paused = 'commands';
    this.#pump();
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
    const leftMs = Math.max(0, (this.#runner.running?.expectedMs ?? 0) - this.ranMs);
    return Math.max(0, leftMs + this.#backlog.costMs);
  }

  /** Starts to work, unless it is working already. */
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
      if (pending !== undefined) await this.#runner.run(pending);
    }
    this.#completion.release();
  }

  async #driveFor<Result>(userKey: string | undefined, begin: () => Exchange<Result>): Promise<Result> {
    const startedAtMs = this.#parts.clock.monotonicMs();
    try {
      return await this.#exchanges.drive(begin, { locality: 0, timeoutMs: this.#longTimeoutMs });
    } finally {
      const endedAtMs = this.#parts.clock.monotonicMs();
      this.#parts.queue.charge(userKey, endedAtMs - startedAtMs, endedAtMs);
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

  get #longTimeoutMs(): number {
    return timeoutMs('long', this.#parts.longestCommandMs);
  }
}

function stoppedError(): TbsError {
  return new TbsError('TBS_E_SERVICE_NOT_RUNNING', { message: 'The broker has stopped.' });
}
