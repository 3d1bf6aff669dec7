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
  constructor(
    private readonly socket: Socket,
    readonly userKey: string,
    private readonly turns: FairTurns,
    private readonly setUp: (socket: Socket) => void,
    private readonly onGone: () => void,
  ) {
    socket.once('close', this.#closed);
    turns.add(this);
  }

  serve(): boolean {
    this.socket.off('close', this.#closed);
    try {
      this.setUp(this.socket);
    } catch {
      // It closed in between, and nobody has to be told.
      this.socket.destroy();
      this.onGone();
    }
    return false;
  }

  readonly #closed = (): void => {
    this.turns.remove(this);
    this.onGone();
  };
}
