/** Reports decisions to the audit log and to subscribers, and remembers recent ones. */
import { type Caller, mayRead } from '../../domain/caller.js';
import type { AuditEvent, AuditKind, AuditLog } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';

/**
 * Number of refusals remembered, and of all other events: refusals, which callers can cause without limit, must not
 * displace the rest.
 */
const KEPT_EVENTS = 1000;

export type EventListener = (event: AuditEvent) => void;

export interface EventFields {
  /** The caller that caused the event; absent if the broker found it by itself. */
  readonly caller?: Caller | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface NumberedEvent {
  readonly event: AuditEvent;
  /** Sequence number in the order in which events were raised. */
  readonly number: number;
}

/** Standard users see events that concern themselves; administrators and observers see all. */
export class Events {
  readonly #refusals: NumberedEvent[] = [];
  readonly #others: NumberedEvent[] = [];
  #raised = 0;
  readonly #followers = new Map<EventListener, Caller>();
  readonly #audit: AuditLog;
  readonly #clock: Clock;

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  raise(kind: AuditKind, message: string, fields: EventFields = {}): void {
    const event: AuditEvent = {
      kind,
      time: new Date(this.#clock.wallClockMs()).toISOString(),
      userKey: fields.caller?.userKey,
      callerClass: fields.caller?.callerClass,
      processId: fields.caller?.processId,
      message,
      details: fields.details ?? {},
    };
    this.#audit.write(event);
    const kept = kind === 'commandRefused' ? this.#refusals : this.#others;
    kept.push({ event, number: this.#raised++ });
    if (kept.length > KEPT_EVENTS) kept.shift();
    for (const [listener, caller] of this.#followers) {
      if (mayRead(caller, event)) listener(event);
    }
  }

  /** Returns the newest `count` events that this caller may see, oldest first. */
  past(caller: Caller, count: number): readonly AuditEvent[] {
    if (count === 0) return [];
    return [...this.#refusals, ...this.#others]
      .filter(({ event }) => mayRead(caller, event))
      .sort((left, right) => left.number - right.number)
      .slice(-count)
      .map(({ event }) => event);
  }

  /** Returns all remembered refusals that this caller may see, oldest first. */
  pastRefusals(caller: Caller): readonly AuditEvent[] {
    return this.#refusals.map(({ event }) => event).filter((event) => mayRead(caller, event));
  }

  /** Calls `listener` for every event that the caller may see, until the returned function is called. */
  follow(caller: Caller, listener: EventListener): () => void {
    this.#followers.set(listener, caller);
    return () => this.#followers.delete(listener);
  }

  get lostAuditLines(): number {
    return this.#audit.lostLines();
  }
}
