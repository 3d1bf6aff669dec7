/**
 * A stream socket that is read into one reused buffer, so that a response costs no allocation but its own copy.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { SocketAddress } from './transport-options.js';

const READ_BUFFER_BYTES = 16_384;

export interface StreamEvents {
  /** The first `length` bytes of `buffer` arrived; the buffer is reused after the call. */
  onBytes(buffer: Uint8Array, length: number): void;
  /** Called once when an established connection is gone for another reason than `destroy`. */
  onLost(error: Error | undefined): void;
}

export class StreamConnection {
  private open = false;

  private constructor(
    private readonly socket: Socket,
    private readonly events: StreamEvents,
  ) {}

  /** Rejects with the operating system's error, or with a time-out's. */
  static connect(address: SocketAddress, timeoutMs: number, events: StreamEvents): Promise<StreamConnection> {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: new Uint8Array(READ_BUFFER_BYTES),
        callback: (length: number, buffer: Uint8Array) => {
          events.onBytes(buffer, length);
          return true;
        },
      };
      const options: NetConnectOpts = 'path' in address ? { path: address.path } : { ...address, noDelay: true };
      const socket = connect({ ...options, onread });
      const connection = new StreamConnection(socket, events);
      const timer = setTimeout(
        () => socket.destroy(new Error(`connecting took longer than ${timeoutMs} ms`)),
        timeoutMs,
      );
      socket.once('connect', () => {
        clearTimeout(timer);
        connection.open = true;
        resolve(connection);
      });
      let failure: Error | undefined;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.once('close', () => {
        clearTimeout(timer);
        if (connection.open) connection.lost(failure);
        else reject(failure ?? new Error('the connection was closed'));
      });
    });
  }

  /** The bytes must not change until they are sent, which is before the peer can answer. */
  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Ends the connection without a call to `onLost`. */
  destroy(): void {
    this.open = false;
    this.socket.destroy();
  }

  private lost(error: Error | undefined): void {
    this.open = false;
    this.events.onLost(error);
  }
}
