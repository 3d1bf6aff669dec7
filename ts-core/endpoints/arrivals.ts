/**
 * Connections that have been accepted but are not served yet. Each is set up in its user's turn, so that a user who
 * connects without end does not hold up others. Nothing is read from a connection before that; afterwards, its bytes
 * are received in turns as well while others wait.
 */
import type { ByteConnection } from './byte-connection.js';
import { type IncomingConnection, openUnlessGone } from './incoming-connection.js';
import type { TurnWork, UserTurns } from './user-turns.js';

export interface Arrival {
  readonly connection: IncomingConnection;
  readonly userKey: string;
  /** Either `setUp` or `onGone` is called: `onGone` if the peer leaves before its turn or the endpoint closes. */
  readonly setUp: (bytes: ByteConnection) => void;
  readonly onGone: () => void;
}

export class Arrivals {
  readonly #turns: UserTurns;
  readonly #waiting = new Set<WaitingArrival>();

  constructor(turns: UserTurns) {
    this.#turns = turns;
  }

  add(arrival: Arrival): void {
    const waiting = new WaitingArrival(arrival, this.#turns, () => this.#waiting.delete(waiting));
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
  readonly #turns: UserTurns;
  readonly #onServed: () => void;

  constructor(arrival: Arrival, turns: UserTurns, onServed: () => void) {
    this.#arrival = arrival;
    this.#turns = turns;
    this.#onServed = onServed;
  }

  get userKey(): string {
    return this.#arrival.userKey;
  }

  serve(): boolean {
    const { connection, setUp } = this.#arrival;
    this.#onServed();
    const bytes = openUnlessGone(connection);
    if (bytes === undefined) {
      this.refuse();
      return false;
    }
    bytes.paceBy?.((receive) => {
      if (!this.#turns.serveAtOnce(receive)) this.#turns.addOnce(this.userKey, receive);
    });
    setUp(bytes);
    return false;
  }

  refuse(): void {
    this.#arrival.connection.refuse();
    this.#arrival.onGone();
  }
}
