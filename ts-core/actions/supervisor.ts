/**
 * Decides which action runs when, one at a time: queue, limits, time-outs, restarts of the worker, disabling. It has no
 * clock and no process of its own.
 */

import type { ScriptRead } from '../application/ports/action-scripts.js';
import type { Clock } from '../application/ports/operating-system.js';
import { type CausedEvent, FAILURES_UNTIL_DISABLED, startsAction } from '../domain/event-actions/event-action.js';
import { FailuresInARow, restartDelayMs, startLimitMs } from '../domain/event-actions/failures.js';
import { RunQueue } from '../domain/event-actions/run-queue.js';
import type { EventAction } from '../endpoints/rpc/protocol/event-action.js';
import { ActionRecords, type ActionRun, type Reporter } from './action-records.js';
import type { RunMessage, WorkerMessage } from './worker-messages.js';

/** A script is stopped after this time, */
export const RUN_LIMIT_MS = 30_000;
/** and its process is ended if that has not helped after this time. */
export const STOP_LIMIT_MS = 2000;

export interface ActionEvent extends CausedEvent {
  readonly message: string;
}

export interface Worker {
  run(message: RunMessage): void;
  /** Ends the worker and everything that it started; `exited` follows. */
  kill(): void;
}

export interface WorkerEvents {
  ready(): void;
  ended(outcome: Extract<WorkerMessage, { type: 'ended' }>): void;
  exited(how: string): void;
}

export interface SupervisorParts {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs' | 'wallClockMs'>;
  readonly startWorker: (events: WorkerEvents) => Worker;
  readonly readScript: (path: string) => ScriptRead;
  readonly reporter: Reporter;
  readonly log: (text: string) => void;
}

interface Job {
  readonly action: string;
  readonly event: ActionEvent;
  readonly count: number;
  /** The number of the test that requested it. */
  readonly test?: number | undefined;
}

interface RunningJob extends Job {
  readonly startedMs: number;
  readonly sha256: string;
  readonly timer: { cancel(): void };
}

type RegisteredAction = Pick<EventAction, 'name' | 'kinds' | 'path' | 'state' | 'registeredAt'>;

export class Supervisor {
  #actions = new Map<string, RegisteredAction>();
  /** The user that runs this service, once the broker has reported it. */
  ownUserKey: string | undefined;
  readonly #queue = new RunQueue<ActionEvent>();
  readonly #tests: Job[] = [];
  readonly #failures = new FailuresInARow();
  readonly #records: ActionRecords;
  #worker: Worker | undefined;
  #workerState: 'none' | 'starting' | 'idle' | 'busy' | 'delayed' = 'none';
  #running: RunningJob | undefined;
  /** How the worker was ended by this supervisor. */
  #endedBecause: string | undefined;
  #startTimer: { cancel(): void } | undefined;
  /** Endings of the worker since the last run that succeeded. */
  #endings = 0;
  #isStopped = false;
  readonly #parts: SupervisorParts;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#records = new ActionRecords(parts.clock, parts.reporter, (name) => ({
      waiting: this.#queue.waitingOf(name),
      failuresInARow: this.#failures.of(name),
    }));
  }

  /** Replaces the actions. One that was registered again starts without failures. */
  setActions(actions: readonly RegisteredAction[]): void {
    const before = this.#actions;
    this.#actions = new Map(actions.map((action) => [action.name, action]));
    for (const [name, { registeredAt }] of before) {
      if (this.#actions.get(name)?.registeredAt === registeredAt) continue;
      this.#queue.forget(name);
      this.#failures.forget(name);
    }
    this.#records.keepOnly([...this.#actions.keys()]);
    // Keeps an engine warm where it may be needed.
    this.#advance();
  }

  /** Queues the actions that an event starts. */
  eventRaised(event: ActionEvent): void {
    for (const action of this.#actions.values()) {
      const disabled = action.state === 'disabled' ? { since: '', reason: '' } : undefined;
      if (!startsAction(event, { kinds: action.kinds, disabled }, this.ownUserKey)) continue;
      const verdict = this.#queue.offer(action.name, event, this.#parts.clock.monotonicMs());
      if (verdict.verdict === 'coalesced') this.#records.coalesced(action.name);
      if (verdict.verdict === 'dropped') this.#records.dropped(verdict.action, verdict.reason, verdict.count);
    }
    this.#advance();
  }

  /** Reports events that the broker did not send, because the connection did not take them. */
  eventsLost(count: number): void {
    this.#records.lost(count);
  }

  /** Runs an action once with a sample event, before everything that waits, even if it is disabled. */
  testRequested(test: number, name: string): void {
    const action = this.#actions.get(name);
    if (action === undefined) return;
    const event = {
      kind: action.kinds[0] ?? 'administration',
      time: new Date(this.#parts.clock.wallClockMs()).toISOString(),
      message: `This is a test of the event action ${name}.`,
      details: { test: true },
    };
    this.#tests.push({ action: name, event, count: 1, test });
    this.#advance();
  }

  /** Sends what is not reported yet; called after the connection to the broker is there again. */
  report(): Promise<void> {
    return this.#records.report();
  }

  stop(): void {
    this.#isStopped = true;
    this.#records.stop();
    this.#startTimer?.cancel();
    this.#running?.timer.cancel();
    this.#worker?.kill();
  }

  #advance(): void {
    if (this.#isStopped || this.#actions.size === 0) return;
    if (this.#workerState === 'none') this.#startWorker();
    if (this.#workerState !== 'idle') return;
    for (let job = this.#nextJob(); job !== undefined; job = this.#nextJob()) {
      if (this.#start(job)) return;
    }
  }

  #nextJob(): Job | undefined {
    return this.#tests.shift() ?? this.#queue.next();
  }

  /** Returns false if the script was refused, so that the worker is still free. */
  #start(job: Job): boolean {
    const action = this.#actions.get(job.action);
    if (action === undefined) return false;
    const script = this.#parts.readScript(action.path);
    if (!script.ok) {
      this.#finish(job, { result: 'refused', output: '', error: script.reason }, 0, null);
      return false;
    }
    const { clock } = this.#parts;
    this.#workerState = 'busy';
    this.#running = {
      ...job,
      sha256: script.sha256,
      startedMs: clock.monotonicMs(),
      timer: clock.after(RUN_LIMIT_MS + STOP_LIMIT_MS, () => {
        this.#endedBecause = `It ran longer than ${RUN_LIMIT_MS / 1000} s and did not stop.`;
        this.#worker?.kill();
      }),
    };
    this.#records.started(job.action);
    this.#worker?.run({
      script: Buffer.from(script.bytes).toString('base64'),
      path: action.path,
      event: JSON.stringify({ ...job.event, count: job.count }),
      limitMs: RUN_LIMIT_MS,
    });
    return true;
  }

  #finish(job: Job, outcome: Pick<ActionRun, 'result' | 'output' | 'error'>, ms: number, sha256: string | null): void {
    const run: ActionRun = { name: job.action, ...outcome, durationMs: ms, sha256 };
    this.#parts.log(`${job.action}: ${run.result}${run.error === null ? '' : `: ${run.error}`}`);
    // A test shows its result to whoever asked, and neither disables an action nor resets its failure count.
    if (job.test !== undefined) {
      this.#records.tested(job.test, run);
      return;
    }
    const isTooMany = this.#failures.count(job.action, outcome.result);
    this.#records.ran(run);
    if (isTooMany) this.#disable(job.action, run.error ?? run.result);
  }

  #disable(name: string, lastError: string): void {
    const action = this.#actions.get(name);
    if (action === undefined) return;
    this.#actions.set(name, { ...action, state: 'disabled' });
    const dropped = this.#queue.forget(name);
    if (dropped > 0) this.#records.dropped(name, 'disabled', dropped);
    this.#records.disabled(name, `It failed ${FAILURES_UNTIL_DISABLED} times in a row, at last: ${lastError}`);
  }

  #startWorker(): void {
    const delayMs = restartDelayMs(this.#endings);
    this.#workerState = 'delayed';
    const start = (): void => {
      this.#workerState = 'starting';
      this.#endedBecause = undefined;
      this.#startTimer = this.#parts.clock.after(startLimitMs(this.#endings), () => this.#worker?.kill());
      this.#worker = this.#parts.startWorker({
        ready: () => {
          this.#startTimer?.cancel();
          this.#workerState = 'idle';
          this.#advance();
        },
        ended: (outcome) => this.#ended(outcome),
        exited: (how) => this.#exited(how),
      });
    };
    if (delayMs === 0) start();
    else this.#startTimer = this.#parts.clock.after(delayMs, start);
  }

  #ended({ result, output, error }: Extract<WorkerMessage, { type: 'ended' }>): void {
    const job = this.#running;
    if (job === undefined) return;
    this.#running = undefined;
    job.timer.cancel();
    this.#workerState = 'idle';
    if (result === 'succeeded') this.#endings = 0;
    const durationMs = this.#parts.clock.monotonicMs() - job.startedMs;
    this.#finish(job, { result, output, error }, durationMs, job.sha256);
    this.#advance();
  }

  #exited(how: string): void {
    const job = this.#running;
    this.#running = undefined;
    this.#worker = undefined;
    this.#workerState = 'none';
    this.#startTimer?.cancel();
    if (this.#isStopped) return;
    this.#endings++;
    this.#parts.log(`the worker has ended (${how})`);
    if (job !== undefined) {
      job.timer.cancel();
      const result = this.#endedBecause === undefined ? 'crashed' : 'timedOut';
      const error = this.#endedBecause ?? `The process that ran it has ended (${how}).`;
      const durationMs = this.#parts.clock.monotonicMs() - job.startedMs;
      this.#finish(job, { result, output: '', error }, durationMs, job.sha256);
    }
    this.#advance();
  }
}
