/**
 * A connection between being accepted and being served: it is set up in its user's turn, so that who connects without end
 * holds up nobody else who connects. Until then nothing is read from it.
 */
import type { Socket } from 'node:net';
import type { FairTurns, TurnWork } from './fair-turns.js';

export class Arrival implements TurnWork {
  /**
   * The socket is paused and nothing has been read from it. Of `setUp` and `onGone` one is called: `onGone` when the
   * connection closes before its turn, or cannot be set up.
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
      // It closed in between, and nobody has to be told.
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
