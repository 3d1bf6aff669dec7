/**
 * A stream socket that is read into one reused buffer, so that a response costs no allocation except its own copy.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { ByteStream, ByteStreamOpener } from '../../application/ports/event-loop.js';
import type { SocketAddress } from './transport-options.js';

const READ_BUFFER_BYTES = 16_384;
const EAGAIN = -constants.errno.EAGAIN;

export interface StreamEvents {
  /** The first `length` bytes of `buffer` have arrived; the buffer is reused after the call. */
  onBytes(buffer: Uint8Array, length: number): void;
  /** Called once when an established connection ends for any reason other than `destroy`. */
  onLost(error: Error | undefined): void;
}

export class StreamConnection {
  #open = false;
  /** Transfers the bytes in place of the socket, if set. */
  #stream: ByteStream | undefined;
  readonly #buffer = new Uint8Array(READ_BUFFER_BYTES);
  readonly #socket: Socket;
  readonly #events: StreamEvents;

  private constructor(socket: Socket, events: StreamEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** Rejects with the operating system's error, or with a time-out error. */
  static connect(
    address: SocketAddress,
    timeoutMs: number,
    events: StreamEvents,
    openByteStream?: ByteStreamOpener,
  ): Promise<StreamConnection> {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: openByteStream === undefined ? new Uint8Array(READ_BUFFER_BYTES) : new Uint8Array(0),
        callback: (length: number, buffer: Uint8Array) => {
          events.onBytes(buffer, length);
          return true;
        },
      };
      const options: NetConnectOpts = 'path' in address ? { path: address.path } : { ...address, noDelay: true };
      const socket = connect({ ...options, onread });
      const connection = new StreamConnection(socket, events);
      const timer = setTimeout(
        () => socket.destroy(new Error(`connecting took longer than ${Math.round(timeoutMs)} ms`)),
        timeoutMs,
      );
      socket.once('connect', () => {
        clearTimeout(timer);
        connection.#open = true;
        if (openByteStream !== undefined) connection.#carryBy(openByteStream);
        resolve(connection);
      });
      let failure: Error | undefined;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.once('close', () => {
        clearTimeout(timer);
        if (connection.#stream !== undefined) return;
        if (connection.#open) connection.#lost(failure);
        else reject(failure ?? new Error('the connection was closed'));
      });
    });
  }

  /** Sends the bytes, which must not change until the peer may have answered. */
  write(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (stream === undefined) {
      this.#socket.write(bytes);
      return;
    }
    const sent = stream.send(bytes, 0, bytes.length);
    if (sent !== bytes.length) {
      // One command is far smaller than a socket's buffer, so a partial send will never complete.
      setImmediate(() => this.#lost(new Error(`sending failed (${sent} of ${bytes.length} bytes)`)));
    }
  }

  /** If bytes arrive within the time, calls `onBytes` before it returns. */
  awaitInPlace(spinMicroseconds: number, sleepMicroseconds: number): void {
    this.#took(this.#stream?.receive(spinMicroseconds, sleepMicroseconds) ?? EAGAIN);
  }

  /** Ends the connection without calling `onLost`. */
  destroy(): void {
    this.#open = false;
    this.#socket.destroy();
    this.#stream?.close();
  }

  #carryBy(openByteStream: ByteStreamOpener): void {
    this.#stream = openByteStream(
      this.#socket,
      this.#buffer,
      (received) => this.#took(received),
      () => {},
    );
    this.#stream.setInterest(true, false);
  }

  #took(received: number): void {
    if (!this.#open || received === EAGAIN) return;
    if (received > 0) this.#events.onBytes(this.#buffer, received);
    else this.#lost(received === 0 ? undefined : new Error(`receiving failed (errno ${-received})`));
  }

  #lost(error: Error | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream?.close();
    this.#events.onLost(error);
  }
}
