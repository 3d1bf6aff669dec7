import type { NotificationOf } from '../endpoints/rpc/protocol/types-by-method.js';

type RaisedEvent = NotificationOf<'event/raised'>;

/** More than the broker sends while a program is busy; of what a reader does not fetch, the oldest is dropped. */
const MAX_WAITING_EVENTS = 10_000;

/** The events that one loop reads. They wait here until they are read. */
export class EventStream implements AsyncIterableIterator<RaisedEvent> {
  #waiting: RaisedEvent[] = [];
  #dropped = 0;
  #begun = false;
  #end: { readonly error: unknown } | 'done' | undefined;
  #wake: (() => void) | undefined;
  readonly #onReturn: (stream: EventStream) => void;

  /** `onReturn` is called when the reader has stopped reading. */
  constructor(onReturn: (stream: EventStream) => void) {
    this.#onReturn = onReturn;
  }

  /** Puts past events before those that have come since. The broker may have sent one of them in both. */
  begin(past: readonly RaisedEvent[]): void {
    const known = new Set(past.map((event) => JSON.stringify(event)));
    this.#waiting = [...past, ...this.#waiting.filter((event) => !known.has(JSON.stringify(event)))];
    this.#begun = true;
    this.#wake?.();
  }

  push(event: RaisedEvent): void {
    if (this.#end !== undefined) return;
    if (this.#waiting.length === MAX_WAITING_EVENTS) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** Ends the loop after the reader has received the waiting events; with an error, throws it there. */
  finish(error?: unknown): void {
    this.#end ??= error === undefined ? 'done' : { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<RaisedEvent, undefined>> {
    for (;;) {
      const event = this.#begun ? this.#waiting.shift() : undefined;
      if (event !== undefined) return { done: false, value: this.#withLosses(event) };
      if (this.#end === 'done') return { done: true, value: undefined };
      if (this.#end !== undefined) throw this.#end.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<RaisedEvent, undefined>> {
    this.#waiting = [];
    this.finish();
    this.#onReturn(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Adds what was dropped here to what the broker itself had to drop. */
  #withLosses(event: RaisedEvent): RaisedEvent {
    if (this.#dropped === 0) return event;
    const lost = (event.lost ?? 0) + this.#dropped;
    this.#dropped = 0;
    return { ...event, lost };
  }
}
