/** The broker's single thread, and the sockets that it serves without Node.js streams. */

/** Access to the other work on the broker's single thread. */
export interface EventLoop {
  /** Reads the requests that have already arrived on the wire endpoint, without waiting. */
  takeRequests(): void;
  /** Resolves after everything else that is ready has run. */
  nextTurn(): Promise<void>;
}

/**
 * Takes over a connection of the platform, which nobody else may use afterwards. `onReadable` receives what `receive`
 * returns. The bytes are in `buffer`; streams may share one, because only `receive` fills it, right before the callback.
 */
export type ByteStreamOpener = (
  socket: object,
  buffer: Uint8Array,
  onReadable: (received: number) => void,
  onWritable: () => void,
) => ByteStream;

/**
 * A connected stream socket on the event loop, for paths where Node.js streams would cost more than the data they
 * carry. It has one owner, who closes it.
 */
export interface ByteStream {
  /**
   * Sends bytes from `offset` to `end`. Returns how many were sent, or a negative errno (-EAGAIN: none can be sent
   * now).
   */
  send(bytes: Uint8Array, offset: number, end: number): number;
  /**
   * Receives bytes into the stream's buffer. Returns their number, 0 at the end of the stream, or a negative errno
   * (-EAGAIN: none arrived in time). For the first part of the time it spins, because sleeping and waking take longer
   * than a short command.
   */
  receive(spinMicroseconds: number, sleepMicroseconds: number): number;
  /**
   * Selects which callbacks the event loop makes; none at first. Even with neither, `onReadable` is called, with 0,
   * when the peer is gone. With `asksFirst`, nothing is received before `onReadable`: it gets -EAGAIN when bytes have
   * arrived, and 0 once the peer is gone, even if bytes that it sent are left.
   */
  setInterest(readable: boolean, writable: boolean, asksFirst?: boolean): void;
  /** Stops all callbacks until the next `setInterest`. */
  unwatch(): void;
  close(): void;
}
