/** An in-memory connection that a test controls as the client; it records what the broker does with it. */
import type { ByteConnection, ByteConnectionEvents } from '../../ts-core/endpoints/byte-connection.js';

export class FakeByteConnection implements ByteConnection {
  events: ByteConnectionEvents | undefined;
  reading = true;
  closed: 'no' | 'flushing' | 'at once' = 'no';
  /** Whether the client reads; unread bytes remain in the broker. */
  clientReads = true;
  #unsent = 0;
  #received = Buffer.alloc(0);

  send(bytes: Uint8Array, length: number): void {
    if (this.clientReads) this.#received = Buffer.concat([this.#received, bytes.subarray(0, length)]);
    else this.#unsent += length;
  }

  unsentBytes(): number {
    return this.#unsent;
  }

  setReading(reading: boolean): void {
    this.reading = reading;
  }

  close(flush: boolean): void {
    this.closed = flush ? 'flushing' : 'at once';
    if (!flush || this.#unsent === 0) this.events?.closed();
  }

  /** Delivers bytes from the client. Throws while the broker does not read, since they would stay in the kernel. */
  sends(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (!this.reading) throw new Error('the broker does not read now');
    this.events?.received(bytes, 0, bytes.length);
  }

  readsEverything(): void {
    this.clientReads = true;
    this.#unsent = 0;
    this.events?.drained();
  }

  goes(): void {
    this.events?.closed();
  }

  /** Returns all bytes that the client has read. */
  receivedBytes(): Buffer {
    return this.#received;
  }

  /** Returns the bodies of all messages that the client has read. */
  messages(): unknown[] {
    const messages: unknown[] = [];
    let rest = this.#received;
    while (rest.length > 0) {
      // The length counts bytes, and so do positions in latin1.
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(rest.toString('latin1'));
      if (head === null) throw new Error(`no frame: ${rest}`);
      const end = head[0].length + Number(head[1]);
      messages.push(JSON.parse(rest.subarray(head[0].length, end).toString()));
      rest = rest.subarray(end);
    }
    return messages;
  }
}

export function framed(body: string | object): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
