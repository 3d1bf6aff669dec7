/** Reports decisions to the audit log and to subscribers, and remembers recent ones. */
import { type Caller, mayRead } from '../../domain/caller.js';
import type { AuditEvent, AuditKind, AuditLog } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';

/**
 * Number of refusals remembered, and of all other events: refusals, which callers can cause without limit, must not
 * displace the rest. Nor must those of one user displace those of others: the user with the most forgets the oldest.
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
  /** By user key, oldest first. */
  readonly #refusals = new Map<string | undefined, NumberedEvent[]>();
  #refusalCount = 0;
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
    this.#keep({ event, number: this.#raised++ });
    for (const [listener, caller] of this.#followers) {
      if (mayRead(caller, event)) listener(event);
    }
  }

  #keep(numbered: NumberedEvent): void {
    const { kind, userKey } = numbered.event;
    if (kind !== 'commandRefused') {
      this.#others.push(numbered);
      if (this.#others.length > KEPT_EVENTS) this.#others.shift();
      return;
    }
    const own = this.#refusals.get(userKey) ?? [];
    this.#refusals.set(userKey, own);
    own.push(numbered);
    if (this.#refusalCount < KEPT_EVENTS) this.#refusalCount += 1;
    else this.#forgetRefusal(own);
  }

  /** Forgets the oldest refusal of this user or, if this user has no more than a fair share, of the one with the most. */
  #forgetRefusal(own: NumberedEvent[]): void {
    const fairShare = Math.max(1, KEPT_EVENTS / this.#refusals.size);
    const most = own.length > fairShare ? own : this.#mostRefusals();
    const forgotten = most.shift();
    if (most.length === 0) this.#refusals.delete(forgotten?.event.userKey);
  }

  /** Returns the longest list; of several, that of the user who has been remembered the longest. */
  #mostRefusals(): NumberedEvent[] {
    let most: NumberedEvent[] = [];
    for (const refusals of this.#refusals.values()) if (refusals.length > most.length) most = refusals;
    return most;
  }

  /** Returns the newest `count` events that this caller may see, oldest first. */
  past(caller: Caller, count: number): readonly AuditEvent[] {
    if (count === 0) return [];
    return readable(caller, [...this.#refusals.values(), this.#others]).slice(-count);
  }

  /** Returns all remembered refusals that this caller may see, oldest first. */
  pastRefusals(caller: Caller): readonly AuditEvent[] {
    return readable(caller, [...this.#refusals.values()]);
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

/** Returns the events of these lists that the caller may see, oldest first. */
function readable(caller: Caller, lists: readonly (readonly NumberedEvent[])[]): readonly AuditEvent[] {
  return lists
    .flat()
    .filter(({ event }) => mayRead(caller, event))
    .sort((left, right) => left.number - right.number)
    .map(({ event }) => event);
}
