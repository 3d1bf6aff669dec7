import type { Socket } from 'node:net';

/** Reads whole messages from a stream; `take` rejects when the stream ends. */
export class ByteReader {
  #bytes: Buffer = Buffer.alloc(0);
  #arrived: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket) {
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#arrived?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#arrived?.();
    });
  }

  async take(lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = lengthOf(this.#bytes);
      if (length !== undefined && this.#bytes.length >= length) {
        const message = Buffer.from(this.#bytes.subarray(0, length));
        this.#bytes = this.#bytes.subarray(length);
        return message;
      }
      if (this.#ended) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }
}
