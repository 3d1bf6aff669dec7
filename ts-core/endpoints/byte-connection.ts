/**
 * A connected stream of bytes, as a wire session uses it. There are two kinds: Node.js sockets (here), and the addon's,
 * which cost less per message.
 */
import type { Socket } from 'node:net';

export interface ByteConnectionEvents {
  /** Bytes that arrived. The buffer is valid only until this returns. */
  received(bytes: Uint8Array, start: number, end: number): void;
  /** Everything that was waiting to be sent has been sent. */
  drained(): void;
  /** The connection is gone. Called once, also after `close`. */
  closed(): void;
}

export interface ByteConnection {
  /** Set once, before the first event. */
  events: ByteConnectionEvents | undefined;
  /** Sends the first `length` bytes of `bytes`, which the caller may reuse immediately. */
  send(bytes: Uint8Array, length: number): void;
  /** Returns the number of bytes that wait because the peer does not read. */
  unsentBytes(): number;
  setReading(reading: boolean): void;
  /**
   * Lets `pace` decide when bytes are received, and when the end of the connection is noticed: it calls `receive`
   * immediately or later, once for each call. Node.js reads its own sockets, so they cannot be paced.
   */
  paceBy?(pace: (receive: () => void) => void): void;
  /** Closes immediately or, with `flush`, after everything waiting has been sent. Reads nothing more. */
  close(flush: boolean): void;
}

export function overNodeSocket(socket: Socket): ByteConnection {
  const connection: ByteConnection = {
    events: undefined,
    // A copy, because Node.js may keep the bytes until the peer reads. `slice` would be a view if they are a Buffer.
    send: (bytes, length) => void socket.write(new Uint8Array(bytes.subarray(0, length))),
    unsentBytes: () => socket.writableLength,
    setReading: (reading) => void (reading ? socket.resume() : socket.pause()),
    close(flush) {
      if (flush) {
        socket.pause();
        socket.end(() => socket.destroy());
      } else {
        socket.destroy();
      }
    },
  };
  socket.on('data', (chunk: Buffer) => connection.events?.received(chunk, 0, chunk.length));
  socket.on('drain', () => connection.events?.drained());
  socket.on('end', () => socket.destroy());
  // 'close' follows every error.
  socket.on('error', () => {});
  socket.on('close', () => connection.events?.closed());
  socket.resume();
  return connection;
}
