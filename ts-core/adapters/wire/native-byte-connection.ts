/**
 * A client's connection that uses the addon instead of net.Socket: for the wire endpoint, where Node.js' own streams
 * would take longer than the TPM needs for a short command.
 */

import { constants } from 'node:os';
import type { ByteStream, ByteStreamOpener } from '../../application/ports/event-loop.js';

export interface NativeByteConnectionEvents {
  received(bytes: Uint8Array, start: number, end: number): void;
  drained(): void;
  closed(): void;
}

/**
 * Room for a few short commands or one long one. Each connection copies received bytes that are not handled
 * immediately.
 */
const RECEIVE_BUFFER_BYTES = 4096;
const EAGAIN = -constants.errno.EAGAIN;
/** Shared by all connections, because it is filled only right before it is handled. */
const receiveBuffer = new Uint8Array(RECEIVE_BUFFER_BYTES);

/** Memory for what the kernel has not accepted yet. A room may be shorter or longer than requested. */
export interface UnsentRooms {
  takeWhole(bytes: number): Buffer;
  giveBack(room: Buffer): void;
}

/** Copies of bytes that the kernel has not accepted yet, from `start` to `end`. */
interface Unsent {
  readonly room: Buffer;
  start: number;
  end: number;
}

export class NativeByteConnection {
  events: NativeByteConnectionEvents | undefined;
  readonly #stream: ByteStream;
  readonly #rooms: UnsentRooms;
  readonly #unsent: Unsent[] = [];
  #unsentBytes = 0;
  #reading = true;
  #state: 'open' | 'flushing' | 'closed' = 'open';
  #pace: (receive: () => void) => void = (receive) => receive();
  /** Of the bytes, or the end, that the event loop has reported. */
  #progress: 'none' | 'ready' | 'postponed' | 'unwatched' = 'none';
  #peerIsGone = false;

  /** Takes over the connection, which has just been accepted; nobody else can use it any more. */
  constructor(connection: object, openByteStream: ByteStreamOpener, rooms: UnsentRooms) {
    this.#rooms = rooms;
    this.#stream = openByteStream(
      connection,
      receiveBuffer,
      (received) => this.#onReadable(received),
      () => this.#onWritable(),
    );
    this.#watch();
  }

  send(bytes: Uint8Array, length: number): void {
    if (this.#state !== 'open') return;
    if (this.#unsentBytes > 0) {
      this.#keep(bytes, 0, length);
      return;
    }
    const sent = this.#stream.send(bytes, 0, length);
    if (sent === length) return;
    if (sent >= 0 || sent === EAGAIN) {
      this.#keep(bytes, Math.max(0, sent), length);
      this.#watch();
    }
    // On other errors the peer is gone, which the event loop reports as well.
  }

  unsentBytes(): number {
    return this.#unsentBytes;
  }

  setReading(reading: boolean): void {
    this.#reading = reading;
    this.#watch();
  }

  paceBy(pace: (receive: () => void) => void): void {
    this.#pace = pace;
  }

  close(flush: boolean): void {
    if (this.#state === 'closed') return;
    if (flush && this.#unsentBytes > 0) {
      this.#state = 'flushing';
      this.#watch();
      return;
    }
    this.#release();
    // Called later, as with Node.js' own sockets, because the owner may be in the middle of an operation.
    setImmediate(() => this.events?.closed());
  }

  #release(): void {
    this.#state = 'closed';
    this.#stream.close();
    for (const { room } of this.#unsent.splice(0)) this.#rooms.giveBack(room);
    this.#unsentBytes = 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#unsentBytes += end - start;
    for (let from = start; from < end; ) {
      const last = this.#unsent.at(-1);
      if (last === undefined || last.end === last.room.length) {
        const room = this.#rooms.takeWhole(end - from);
        this.#unsent.push({ room, start: 0, end: 0 });
        continue;
      }
      const until = Math.min(end, from + last.room.length - last.end);
      last.room.set(bytes.subarray(from, until), last.end);
      last.end += until - from;
      from = until;
    }
  }

  #watch(): void {
    if (this.#state === 'closed' || this.#progress === 'unwatched') return;
    // Once a caller is gone, its remaining requests are not served.
    this.#stream.setInterest(this.#state === 'open' && this.#reading, this.#unsentBytes > 0, true);
  }

  /** `received`: 0 if the peer is gone, EAGAIN if bytes have arrived. */
  #onReadable(received: number): void {
    this.#peerIsGone = received === 0;
    if (this.#progress === 'postponed') {
      // The event loop would report them again in each of its turns. Only now, because the pace usually receives them
      // before the next turn, and to stop watching and start again takes as long as a short command.
      this.#progress = 'unwatched';
      this.#stream.unwatch();
      return;
    }
    this.#progress = 'ready';
    this.#pace(this.#receiveAtPace);
    if (this.#progress === 'ready') this.#progress = 'postponed';
  }

  readonly #receiveAtPace = (): void => {
    const wasUnwatched = this.#progress === 'unwatched';
    const wasPostponed = wasUnwatched || this.#progress === 'postponed';
    this.#progress = 'none';
    if (this.#state === 'closed') return;
    if (this.#receive()) {
      if (wasUnwatched) this.#watch();
    } else if (wasPostponed) {
      // Immediately, because the pace chose this moment: what the owner releases is then part of the same piece.
      this.#release();
      this.events?.closed();
    } else {
      this.close(false);
    }
  };

  /** Returns false at the end of the connection. */
  #receive(): boolean {
    if (this.#peerIsGone) return false;
    // The owner may have stopped reading, or be closing, since the bytes arrived.
    if (!this.#reading || this.#state !== 'open') return true;
    const received = this.#stream.receive(0, 0);
    if (received > 0) this.events?.received(receiveBuffer, 0, received);
    return received > 0 || received === EAGAIN;
  }

  #onWritable(): void {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const sent = this.#stream.send(first.room, first.start, first.end);
      if (sent === EAGAIN) return;
      if (sent < 0) {
        this.close(false);
        return;
      }
      first.start += sent;
      this.#unsentBytes -= sent;
      if (first.start < first.end) return;
      this.#unsent.shift();
      this.#rooms.giveBack(first.room);
    }
    if (this.#state === 'flushing') {
      this.close(false);
      return;
    }
    this.#watch();
    this.events?.drained();
  }
}
