/**
 * Connections that have been accepted but are not served yet. Each is set up in its user's turn, so that a user who
 * connects without end does not hold up others. Nothing is read from a connection before that, but it counts among the
 * open ones; afterwards, its bytes are received in turns as well while others wait.
 */
import type { Caller } from '../domain/caller.js';
import type { ByteConnection } from './byte-connection.js';
import type { ConnectionCounts } from './connection-counts.js';
import { type IncomingConnection, openUnlessGone } from './incoming-connection.js';
import type { TurnWork, UserTurns } from './user-turns.js';

export interface Arrival {
  readonly connection: IncomingConnection;
  readonly caller: Caller;
  /**
   * Takes over the connection, which counts until whoever takes it over removes it from the counts. Not called if the
   * peer leaves before its turn or the endpoint closes.
   */
  readonly setUp: (bytes: ByteConnection) => void;
}

export class Arrivals {
  readonly #turns: UserTurns;
  readonly #counts: ConnectionCounts;
  readonly #waiting = new Set<WaitingArrival>();

  constructor(turns: UserTurns, counts: ConnectionCounts) {
    this.#turns = turns;
    this.#counts = counts;
  }

  add(arrival: Arrival): void {
    this.#counts.add(arrival.caller);
    const shared = { turns: this.#turns, counts: this.#counts };
    const waiting = new WaitingArrival(arrival, shared, () => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
    this.#turns.add(waiting);
  }

  /** Refuses the waiting connections, because the endpoint has closed. */
  close(): void {
    for (const waiting of this.#waiting) {
      this.#turns.remove(waiting);
      waiting.refuse();
    }
    this.#waiting.clear();
  }
}

interface Shared {
  readonly turns: UserTurns;
  readonly counts: ConnectionCounts;
}

class WaitingArrival implements TurnWork {
  isQueued = false;
  readonly #arrival: Arrival;
  readonly #shared: Shared;
  readonly #onServed: () => void;

  constructor(arrival: Arrival, shared: Shared, onServed: () => void) {
    this.#arrival = arrival;
    this.#shared = shared;
    this.#onServed = onServed;
  }

  get userKey(): string {
    return this.#arrival.caller.userKey;
  }

  serve(): boolean {
    const { connection, setUp } = this.#arrival;
    this.#onServed();
    const bytes = openUnlessGone(connection);
    if (bytes === undefined) {
      this.refuse();
      return false;
    }
    const { turns } = this.#shared;
    bytes.paceBy?.((receive) => turns.serveOnce(this.userKey, receive));
    setUp(bytes);
    return false;
  }

  refuse(): void {
    this.#arrival.connection.refuse();
    this.#shared.counts.remove(this.#arrival.caller);
  }
}
