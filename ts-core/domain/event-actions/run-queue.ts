/**
 * The queued runs of event actions. Equal events of an action become one run with a count. The runs of an action wait
 * in one line for each kind of event, and the lines take turns. Token buckets for each line, and for each user who
 * causes its events, decide what is admitted. So no user, no action and no kind of event can keep the others out:
 * refused commands do not displace the event that a lockout began. When the queue is full, the longest line loses a
 * run.
 */
import { type BucketSize, TokenBuckets } from './token-buckets.js';

export const MAX_WAITING_RUNS = 64;

/** How many runs of one action one user can start by events of one kind, and how many all users together can. */
export const USER_BUCKET: BucketSize = { burst: 4, perMinute: 6 };
export const LINE_BUCKET: BucketSize = { burst: 16, perMinute: 30 };

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

interface Line<Event extends QueueableEvent> {
  readonly action: string;
  /** Oldest first. */
  readonly runs: Entry<Event>[];
}

export class RunQueue<Event extends QueueableEvent> {
  /** By action and kind. The line whose turn is next comes first. */
  readonly #lines = new Map<string, Line<Event>>();
  readonly #ofUsers = new TokenBuckets(USER_BUCKET);
  readonly #ofLines = new TokenBuckets(LINE_BUCKET);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  waitingOf(action: string): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + (line.action === action ? line.runs.length : 0), 0);
  }

  offer(action: string, event: Event, nowMs: number): QueueVerdict {
    const { kind, userKey, message, details } = event;
    const name = JSON.stringify([action, kind]);
    const key = JSON.stringify([userKey, message, details]);
    const line = this.#lines.get(name) ?? { action, runs: [] };
    const equal = line.runs.findIndex((run) => run.key === key);
    const waiting = line.runs[equal];
    if (waiting !== undefined) {
      line.runs[equal] = { ...waiting, count: waiting.count + 1 };
      return { verdict: 'coalesced' };
    }
    if (userKey !== undefined && !this.#ofUsers.take(`${name} ${userKey}`, nowMs)) {
      return { verdict: 'dropped', action, count: 1, reason: 'userLimit' };
    }
    if (!this.#ofLines.take(name, nowMs)) return { verdict: 'dropped', action, count: 1, reason: 'actionLimit' };
    line.runs.push({ action, event, count: 1, key });
    this.#lines.set(name, line);
    this.#size++;
    return this.#size > MAX_WAITING_RUNS ? this.#dropOne() : { verdict: 'queued' };
  }

  /** Takes the oldest run of the line that has waited longest for its turn. */
  next(): WaitingRun<Event> | undefined {
    const [turn] = this.#lines;
    if (turn === undefined) return undefined;
    const [name, line] = turn;
    this.#lines.delete(name);
    const run = line.runs.shift();
    if (run === undefined) return undefined;
    if (line.runs.length > 0) this.#lines.set(name, line);
    this.#size--;
    return { action: run.action, event: run.event, count: run.count };
  }

  /** Drops the waiting runs of an action that is unregistered or disabled; returns how many. */
  forget(action: string): number {
    const count = this.waitingOf(action);
    for (const [name, line] of this.#lines) if (line.action === action) this.#lines.delete(name);
    this.#size -= count;
    return count;
  }

  #dropOne(): QueueVerdict {
    const [name, { action, runs }] = [...this.#lines].reduce((most, line) =>
      line[1].runs.length > most[1].runs.length ? line : most,
    );
    const count = runs.pop()?.count ?? 1;
    if (runs.length === 0) this.#lines.delete(name);
    this.#size--;
    return { verdict: 'dropped', action, count, reason: 'queueFull' };
  }
}
