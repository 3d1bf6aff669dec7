/**
 * Connections that have been accepted but are not served yet. Each is set up in its user's turn, so that a user who
 * connects without end does not hold up others. Nothing is read from a connection before that, but it counts among the
 * open ones.
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
    const waiting = new WaitingArrival(arrival, this.#counts, () => this.#waiting.delete(waiting));
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

class WaitingArrival implements TurnWork {
  readonly #arrival: Arrival;
  readonly #counts: ConnectionCounts;
  readonly #onServed: () => void;

  constructor(arrival: Arrival, counts: ConnectionCounts, onServed: () => void) {
    this.#arrival = arrival;
    this.#counts = counts;
    this.#onServed = onServed;
  }

  get userKey(): string {
    return this.#arrival.caller.userKey;
  }

  serve(): boolean {
    const { connection, setUp } = this.#arrival;
    this.#onServed();
    const bytes = openUnlessGone(connection);
    if (bytes === undefined) this.refuse();
    else setUp(bytes);
    return false;
  }

  refuse(): void {
    this.#arrival.connection.refuse();
    this.#counts.remove(this.#arrival.caller);
  }
}
