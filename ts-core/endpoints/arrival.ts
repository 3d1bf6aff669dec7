/**
 * A connection that has been accepted but is not served yet. It is set up in its user's turn, so that a user who
 * connects constantly does not delay other users. Nothing is read from it before that.
 */
import type { Socket } from 'node:net';
import type { FairTurns, TurnWork } from './fair-turns.js';

export class Arrival implements TurnWork {
  /**
   * The socket is paused and nothing has been read from it. Either `setUp` or `onGone` is called: `onGone` if the
   * connection closes before its turn or cannot be set up.
   */
  readonly #socket: Socket;
  readonly #turns: FairTurns;
  readonly #setUp: (socket: Socket) => void;
  readonly #onGone: () => void;

  constructor(
    socket: Socket,
    readonly userKey: string,
    turns: FairTurns,
    setUp: (socket: Socket) => void,
    onGone: () => void,
  ) {
    this.#socket = socket;
    this.#turns = turns;
    this.#setUp = setUp;
    this.#onGone = onGone;
    socket.once('close', this.#closed);
    turns.add(this);
  }

  serve(): boolean {
    this.#socket.off('close', this.#closed);
    try {
      this.#setUp(this.#socket);
    } catch {
      // It closed in the meantime; nobody needs to know.
      this.#socket.destroy();
      this.#onGone();
    }
    return false;
  }

  readonly #closed = (): void => {
    this.#turns.remove(this);
    this.#onGone();
  };
}
