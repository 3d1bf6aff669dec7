/**
 * Implements Register-, Get-, Unregister- and Test-TbsEventAction. The broker stores what is registered and shows what
 * the service tbs-actions reports; it neither starts a script nor waits for the service.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import {
  type DisabledAction,
  type EventActionRegistration,
  isEventActionName,
  MAX_EVENT_ACTIONS,
  nameOfScript,
} from '../../domain/event-actions/event-action.js';
import type { RunResult } from '../../domain/event-actions/failures.js';
import type { DropReason } from '../../domain/event-actions/run-queue.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import type { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { ActionScripts } from '../ports/action-scripts.js';
import type { Clock } from '../ports/operating-system.js';
import type { StateStore } from '../ports/state-store.js';
import {
  badName,
  badScript,
  notTheService,
  serviceAway,
  serviceSilent,
  tooManyActions,
  tooManyTests,
  unknownAction,
} from './event-action-errors.js';

const RECORD = 'feature:eventActions';

/** A run takes at most 32 seconds, and may have to wait for one before it and for PowerShell to start. */
const LONGEST_TEST_MS = 90_000;

/** Tests that may wait at a time: each holds a call open. */
const MAX_TESTS = 8;

export interface ActionFigures {
  readonly runs: number;
  readonly failures: number;
  readonly failuresInARow: number;
  readonly waiting: number;
  readonly coalesced: number;
  readonly dropped: number;
  readonly lastRunAt: string | null;
  readonly lastResult: RunResult | null;
}

const NO_FIGURES: ActionFigures = {
  ...{ runs: 0, failures: 0, failuresInARow: 0, waiting: 0, coalesced: 0, dropped: 0 },
  ...{ lastRunAt: null, lastResult: null },
};

export interface ActionRun {
  readonly name: string;
  readonly result: RunResult;
  readonly durationMs: number;
  readonly sha256: string | null;
  readonly output: string;
  readonly error: string | null;
}

export interface ActionReport {
  readonly actions: readonly ({ readonly name: string } & ActionFigures)[];
  readonly drops: readonly {
    readonly name: string;
    readonly reason: DropReason | 'disabled';
    readonly count: number;
  }[];
  readonly lost: number;
  readonly disabled: readonly { readonly name: string; readonly reason: string }[];
  readonly tests: readonly { readonly test: number; readonly run: ActionRun }[];
}

export interface EventActionState extends EventActionRegistration {
  readonly script: { readonly sha256: string } | { readonly refused: string };
  readonly figures: ActionFigures;
  /** UTC ISO 8601; null if the service has reported nothing since the broker started. */
  readonly reportedAt: string | null;
}

interface PendingTest {
  readonly name: string;
  resolve(run: ActionRun): void;
  reject(error: TbsError): void;
}

export interface EventActionParts {
  readonly store: StateStore;
  readonly scripts: ActionScripts;
  readonly events: Events;
  readonly clock: Clock;
}

export class ManageEventActions {
  #registered: readonly EventActionRegistration[];
  #figures = new Map<string, ActionFigures>();
  #reportedAt: string | null = null;
  #testNumber = 0;
  readonly #tests = new Map<number, PendingTest>();
  /** Connections of the service: none or one, and for a moment two while it connects again. */
  #services = 0;
  readonly #changes = new OneAtATime();
  readonly #parts: EventActionParts;

  constructor(parts: EventActionParts) {
    this.#parts = parts;
    this.#registered = registrationsIn(parts.store.get(RECORD));
  }

  /** Returns every action, by name. */
  list(): readonly EventActionState[] {
    return this.#registered.map((action) => this.#stateOf(action));
  }

  /** Returns the names of the actions that failed too often; status warns of them. */
  disabled(): readonly string[] {
    return this.#registered.filter(({ disabled }) => disabled !== undefined).map(({ name }) => name);
  }

  /** Throws TBS_E_BAD_PARAMETER if not only root can change the script. */
  register(
    caller: Caller,
    request: { readonly name?: string | undefined; readonly kinds: readonly string[]; readonly path: string },
  ): Promise<EventActionState> {
    const name = request.name ?? nameOfScript(request.path);
    if (!isEventActionName(name)) throw badName(name);
    const script = this.#parts.scripts.read(request.path);
    if (!script.ok) throw badScript(request.path, script.reason);
    return this.#changes.run(async () => {
      const others = this.#registered.filter((action) => action.name !== name);
      if (others.length >= MAX_EVENT_ACTIONS) throw tooManyActions();
      const registeredAt = this.#now();
      const action = { name, kinds: [...new Set(request.kinds)], path: request.path, registeredAt };
      await this.#store([...others, action]);
      this.#figures.delete(name);
      const message = `Event action ${name} (${request.path}) is registered for ${action.kinds.join(', ')}.`;
      this.#raise(caller, name, message, { path: request.path, sha256: script.sha256 });
      return this.#stateOf(action);
    });
  }

  /** Returns whether there was an action of this name. */
  unregister(caller: Caller, name: string): Promise<boolean> {
    return this.#changes.run(async () => {
      const others = this.#registered.filter((action) => action.name !== name);
      if (others.length === this.#registered.length) return false;
      await this.#store(others);
      this.#figures.delete(name);
      this.#raise(caller, name, `Event action ${name} is no longer registered.`);
      return true;
    });
  }

  /** Counts a connection over which the service reports, until the returned function is called. */
  serviceConnected(): () => void {
    this.#services++;
    return () => {
      this.#services--;
      if (this.#services > 0) return;
      for (const { name, reject } of this.#tests.values()) reject(serviceAway(name));
      this.#tests.clear();
    };
  }

  /**
   * Asks the service, which follows the events, to run the action; resolves when it reports the run. Rejects with
   * TBS_E_SERVICE_NOT_RUNNING immediately if the service is not connected, and when its connection ends.
   */
  async test(caller: Caller, name: string): Promise<ActionRun> {
    if (!this.#registered.some((action) => action.name === name)) throw unknownAction(name);
    if (this.#services === 0) throw serviceAway(name);
    if (this.#tests.size >= MAX_TESTS) throw tooManyTests(MAX_TESTS);
    const test = ++this.#testNumber;
    return new Promise((resolve, reject) => {
      const timer = this.#parts.clock.after(LONGEST_TEST_MS, () => {
        this.#tests.delete(test);
        reject(serviceSilent(name, LONGEST_TEST_MS));
      });
      this.#tests.set(test, {
        name,
        resolve: (run) => {
          timer.cancel();
          resolve(run);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      });
      this.#raise(caller, name, `A test of event action ${name} was requested.`, { test });
    });
  }

  /** Takes a report of the service. Throws TBS_E_ACCESS_DENIED for any other caller but an administrator. */
  async report(caller: Caller, report: ActionReport): Promise<void> {
    if (caller.runsEventActions !== true && !isAdministrator(caller)) throw notTheService();
    const known = new Set(this.#registered.map(({ name }) => name));
    this.#reportedAt = this.#now();
    this.#figures = new Map(report.actions.filter(({ name }) => known.has(name)).map((each) => [each.name, each]));
    for (const { name, reason, count } of report.drops) {
      const events = count === 1 ? '1 event' : `${count} events`;
      const message = `Event action ${name} was not started for ${events}: ${DROP_REASONS[reason]}.`;
      this.#raise(caller, name, message, { reason, count }, 'warning');
    }
    if (report.lost > 0) this.#raiseOfLost(caller, report.lost);
    for (const { test, run } of report.tests) {
      this.#tests.get(test)?.resolve(run);
      this.#tests.delete(test);
    }
    for (const { name, reason } of report.disabled) await this.#disable(caller, name, reason);
  }

  #disable(caller: Caller, name: string, reason: string): Promise<void> {
    return this.#changes.run(async () => {
      const action = this.#registered.find((each) => each.name === name);
      if (action === undefined || action.disabled !== undefined) return;
      const disabled: DisabledAction = { since: this.#now(), reason };
      await this.#store(this.#registered.map((each) => (each === action ? { ...action, disabled } : each)));
      this.#raise(caller, name, `Event action ${name} is disabled: ${reason}`, {}, 'warning');
    });
  }

  async #store(registered: readonly EventActionRegistration[]): Promise<void> {
    const sorted = [...registered].sort((left, right) => (left.name < right.name ? -1 : 1));
    await this.#parts.store.put(RECORD, sorted);
    this.#registered = sorted;
  }

  #stateOf(action: EventActionRegistration): EventActionState {
    const script = this.#parts.scripts.read(action.path);
    return {
      ...action,
      script: script.ok ? { sha256: script.sha256 } : { refused: script.reason },
      figures: this.#figures.get(action.name) ?? NO_FIGURES,
      reportedAt: this.#reportedAt,
    };
  }

  /** `eventAction` in the details tells the service what changed, and keeps the event from starting actions. */
  #raise(
    caller: Caller,
    name: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    kind: 'administration' | 'warning' = 'administration',
  ): void {
    this.#parts.events.raise(kind, message, { caller, details: { eventAction: name, ...details } });
  }

  #raiseOfLost(caller: Caller, lost: number): void {
    const message = `The service tbs-actions did not get ${lost} event(s), which started no event action.`;
    this.#parts.events.raise('warning', message, { caller, details: { lost } });
  }

  #now(): string {
    return new Date(this.#parts.clock.wallClockMs()).toISOString();
  }
}

/** Why a run was dropped (domain/event-actions/run-queue.ts, actions/supervisor.ts). */
const DROP_REASONS: Readonly<Record<DropReason | 'disabled', string>> = {
  userLimit: 'one user caused too many of them',
  actionLimit: 'there were too many of them',
  queueFull: 'too many runs were waiting',
  disabled: 'the action was disabled while they waited',
};

/** Ignores what is not a registration: an older version may have stored another form. */
function registrationsIn(kept: unknown): readonly EventActionRegistration[] {
  return Array.isArray(kept) ? kept.filter(isRegistration) : [];
}

function isRegistration(value: unknown): value is EventActionRegistration {
  if (typeof value !== 'object' || value === null) return false;
  const { name, kinds, path, registeredAt } = value as Partial<Record<keyof EventActionRegistration, unknown>>;
  const texts = [name, path, registeredAt];
  return texts.every((text) => typeof text === 'string') && Array.isArray(kinds) && kinds.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
