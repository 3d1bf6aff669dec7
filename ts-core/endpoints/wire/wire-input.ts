/**
 * Divides the bytes of one wire connection into frames and passes them on: a few immediately, the others in turns of
 * their user. Stops reading while a limit is reached, so that it holds less than one receive buffer of unhandled
 * requests.
 */
import type { ByteConnection } from '../byte-connection.js';
import { HeldBytes } from '../held-bytes.js';
import type { MessageRooms } from '../message-rooms.js';
import type { BudgetWaiter, UserByteBudget } from '../user-byte-budgets.js';
import type { TurnWork, UserTurns } from '../user-turns.js';
import { FRAME_FAULT, FRAME_INCOMPLETE, requestLength } from './frame.js';

export interface FrameHandler {
  /** Whether a limit of the connection is reached; the handler calls `readOn` when it no longer is. */
  readonly isAtLimit: boolean;
  /** Whether half of the limits is free, so that reading is worthwhile again. */
  readonly hasRoom: boolean;
  handleFrame(bytes: Uint8Array, offset: number, end: number): void;
  /** Called when no further bytes can complete a valid frame. The input has ended. */
  handleFault(bytes: Uint8Array, offset: number, end: number): void;
}

export interface InputCost {
  readonly turns: UserTurns;
  readonly budget: Pick<UserByteBudget, 'replying'>;
  readonly rooms: MessageRooms;
}

export class WireInput implements TurnWork, BudgetWaiter {
  readonly userKey: string;
  isQueued = false;
  readonly #connection: Pick<ByteConnection, 'setReading'>;
  readonly #handler: FrameHandler;
  readonly #shared: InputCost;
  /** Bytes of frames that are incomplete or must not be handled yet. */
  readonly #held: HeldBytes;
  #handlesHeld = false;
  #open = true;
  #reading = true;
  #waitsForTurn = false;
  #framesHandled = 0;

  constructor(
    connection: Pick<ByteConnection, 'setReading'>,
    userKey: string,
    shared: InputCost,
    handler: FrameHandler,
  ) {
    this.#connection = connection;
    this.userKey = userKey;
    this.#shared = shared;
    this.#held = new HeldBytes(shared.rooms);
    this.#handler = handler;
  }

  get isReading(): boolean {
    return this.#reading;
  }

  get hasPartOfFrame(): boolean {
    return this.#held.length > 0;
  }

  /** The number of frames handled so far. */
  get framesHandled(): number {
    return this.#framesHandled;
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#open) return;
    if (this.#held.length === 0) {
      const rest = this.#handleFrames(bytes, start, end);
      if (this.#open && rest < end) this.#held.add(bytes, rest, end);
      return;
    }
    this.#held.add(bytes, start, end);
    this.#handleHeld((held) => this.#handleFrames(held, 0, held.length));
  }

  roomAgain(): void {
    this.readOn();
  }

  /** Handles the next held frame. Returns whether another one is ready. */
  serve(): boolean {
    if (!this.#open) return false;
    if (this.#isBlocked()) {
      this.#waitsForTurn = false;
      return false;
    }
    this.#handleHeld((held) => this.#handleFrame(held, 0, held.length));
    if (!this.#open) return false;
    this.#waitsForTurn = requestLength(this.#held.view(), 0, this.#held.length) !== FRAME_INCOMPLETE;
    if (!this.#waitsForTurn) this.readOn();
    return this.#waitsForTurn;
  }

  /** Called after a response or a drain: handles held frames and continues reading, once there is room. */
  readOn(): void {
    if (this.#reading || !this.#open || this.#waitsForTurn || !this.#handler.hasRoom) return;
    this.#reading = true;
    this.#handleHeld((held) => this.#handleFrames(held, 0, held.length));
    if (this.#reading && this.#open) this.#connection.setReading(true);
  }

  /** Ends the input and drops the frames that it holds. */
  end(): void {
    this.#open = false;
    // The handler may be reading a held frame.
    if (!this.#handlesHeld) this.#held.clear();
    this.#waitsForTurn = false;
    this.#shared.turns.remove(this);
    this.#shared.budget.replying.stopWaiting(this);
  }

  /** Drops the held bytes that `handle` has handled: those before the offset that it returns. */
  #handleHeld(handle: (held: Uint8Array) => number): void {
    let handled = 0;
    this.#handlesHeld = true;
    try {
      handled = handle(this.#held.view());
    } finally {
      this.#handlesHeld = false;
    }
    this.#held.drop(this.#open ? handled : this.#held.length);
  }

  /** Handles complete frames, as many as may be handled immediately. Returns the offset of the first unhandled byte. */
  #handleFrames(bytes: Uint8Array, start: number, end: number): number {
    let offset = start;
    while (this.#open && offset < end) {
      if (this.#isBlocked()) {
        this.#stopReading();
        return offset;
      }
      if (requestLength(bytes, offset, end) === FRAME_INCOMPLETE) return offset;
      const handleOne = (): void => {
        offset = this.#handleFrame(bytes, offset, end);
      };
      if (!this.#shared.turns.serveAtOnce(handleOne)) {
        this.#stopReading();
        this.#waitsForTurn = true;
        this.#shared.turns.add(this);
        return offset;
      }
    }
    return end;
  }

  /** Handles the frame at the offset, which is complete or faulty, and returns the offset after it. */
  #handleFrame(bytes: Uint8Array, offset: number, end: number): number {
    const length = requestLength(bytes, offset, end);
    if (length === FRAME_FAULT) {
      this.#handler.handleFault(bytes, offset, end);
      return end;
    }
    this.#framesHandled++;
    this.#handler.handleFrame(bytes, offset, offset + length);
    return offset + length;
  }

  /** Returns whether a limit is reached; if so, `readOn` is called when it no longer is. */
  #isBlocked(): boolean {
    if (this.#handler.isAtLimit) return true;
    const { replying } = this.#shared.budget;
    if (!replying.isFull) return false;
    replying.waitForRoom(this);
    return true;
  }

  #stopReading(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#connection.setReading(false);
  }
}
