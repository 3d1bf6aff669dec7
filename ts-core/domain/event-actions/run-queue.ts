/**
 * The runs of event actions that wait. Equal events of an action become one run with a count. Token buckets for each
 * action, and for each user who causes its events, decide what is admitted, so that no user and no action can keep the
 * others out. When the queue is full, the action with the most waiting runs drops one.
 */
import { type BucketSize, TokenBuckets } from './token-buckets.js';

export const MAX_WAITING_RUNS = 64;

/** What one user can start of one action, and what all can start of it together. */
export const USER_BUCKET: BucketSize = { burst: 4, perMinute: 6 };
export const ACTION_BUCKET: BucketSize = { burst: 16, perMinute: 30 };

export interface QueueableEvent {
  readonly kind: string;
  /** The user who caused it; absent if no caller did. */
  readonly userKey?: string | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface WaitingRun<Event extends QueueableEvent> {
  readonly action: string;
  /** The first of the equal events. */
  readonly event: Event;
  /** How many equal events the run stands for. */
  readonly count: number;
}

export type DropReason = 'userLimit' | 'actionLimit' | 'queueFull';

/** `action` is the one that lost a run: when the queue is full, it may be another than the event was for. */
export type QueueVerdict =
  | { readonly verdict: 'queued' }
  | { readonly verdict: 'coalesced' }
  | { readonly verdict: 'dropped'; readonly action: string; readonly count: number; readonly reason: DropReason };

interface Entry<Event extends QueueableEvent> extends WaitingRun<Event> {
  readonly key: string;
}

export class RunQueue<Event extends QueueableEvent> {
  /** Waiting runs by action, oldest first. The action whose turn is next comes first. */
  readonly #lines = new Map<string, Entry<Event>[]>();
  readonly #ofUsers = new TokenBuckets(USER_BUCKET);
  readonly #ofActions = new TokenBuckets(ACTION_BUCKET);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  waitingOf(action: string): number {
    return this.#lines.get(action)?.length ?? 0;
  }

  offer(action: string, event: Event, nowMs: number): QueueVerdict {
    const key = JSON.stringify([event.kind, event.userKey, event.message, event.details]);
    if (this.#coalesce(action, key)) return { verdict: 'coalesced' };
    const { userKey } = event;
    if (userKey !== undefined && !this.#ofUsers.take(`${action} ${userKey}`, nowMs)) {
      return { verdict: 'dropped', action, count: 1, reason: 'userLimit' };
    }
    if (!this.#ofActions.take(action, nowMs)) return { verdict: 'dropped', action, count: 1, reason: 'actionLimit' };
    const line = this.#lines.get(action) ?? [];
    this.#lines.set(action, [...line, { action, event, count: 1, key }]);
    this.#size++;
    return this.#size > MAX_WAITING_RUNS ? this.#dropOne() : { verdict: 'queued' };
  }

  /** Takes the oldest run of the action that has waited longest for its turn. */
  next(): WaitingRun<Event> | undefined {
    const [turn] = this.#lines;
    if (turn === undefined) return undefined;
    const [action, [first, ...rest]] = turn;
    this.#lines.delete(action);
    if (rest.length > 0) this.#lines.set(action, rest);
    if (first === undefined) return undefined;
    this.#size--;
    return { action, event: first.event, count: first.count };
  }

  /** Drops the waiting runs of an action that is unregistered or disabled; returns how many. */
  forget(action: string): number {
    const count = this.waitingOf(action);
    this.#lines.delete(action);
    this.#size -= count;
    return count;
  }

  #coalesce(action: string, key: string): boolean {
    const line = this.#lines.get(action) ?? [];
    const index = line.findIndex((entry) => entry.key === key);
    const entry = line[index];
    if (entry === undefined) return false;
    this.#lines.set(action, line.with(index, { ...entry, count: entry.count + 1 }));
    return true;
  }

  #dropOne(): QueueVerdict {
    const longest = [...this.#lines].reduce((most, each) => (each[1].length > most[1].length ? each : most));
    const [action, line] = longest;
    const count = line.at(-1)?.count ?? 1;
    this.#lines.set(action, line.slice(0, -1));
    this.#size--;
    return { verdict: 'dropped', action, count, reason: 'queueFull' };
  }
}
