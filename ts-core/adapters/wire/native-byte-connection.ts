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

/**
 * The least room for bytes that the kernel has not accepted yet. A short response in an array of its own would take
 * several times its length.
 */
const LEAST_UNSENT_ROOM_BYTES = 1024;

/** Copies of bytes that the kernel has not accepted yet, from `start` to `end`. */
interface Unsent {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

export class NativeByteConnection {
  events: NativeByteConnectionEvents | undefined;
  readonly #stream: ByteStream;
  readonly #unsent: Unsent[] = [];
  #unsentBytes = 0;
  #reading = true;
  #state: 'open' | 'flushing' | 'closed' = 'open';
  #pace: (receive: () => void) => void = (receive) => receive();
  /** Of the bytes, or the end, that the event loop has reported. */
  #progress: 'none' | 'ready' | 'postponed' | 'unwatched' = 'none';
  #peerIsGone = false;

  /** Takes over the connection, which has just been accepted; nobody else can use it any more. */
  constructor(connection: object, openByteStream: ByteStreamOpener) {
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
    this.#unsent.length = 0;
    this.#unsentBytes = 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const kept = bytes.subarray(start, end);
    this.#unsentBytes += kept.length;
    const last = this.#unsent.at(-1);
    if (last !== undefined && last.end + kept.length <= last.bytes.length) {
      last.bytes.set(kept, last.end);
      last.end += kept.length;
      return;
    }
    const room = new Uint8Array(Math.max(kept.length, LEAST_UNSENT_ROOM_BYTES));
    room.set(kept);
    this.#unsent.push({ bytes: room, start: 0, end: kept.length });
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
      const sent = this.#stream.send(first.bytes, first.start, first.end);
      if (sent === EAGAIN) return;
      if (sent < 0) {
        this.close(false);
        return;
      }
      first.start += sent;
      this.#unsentBytes -= sent;
      if (first.start < first.end) return;
      this.#unsent.shift();
    }
    if (this.#state === 'flushing') {
      this.close(false);
      return;
    }
    this.#watch();
    this.events?.drained();
  }
}
