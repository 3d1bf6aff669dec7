/** Writes replies and notifications to one client, and charges what the client has not read to its user. */
import type { ByteConnection } from '../byte-connection.js';
import { type ByteBudget, ChargedBytes } from '../user-budgets.js';
import { messageFrame } from './message-frames.js';

export class RpcOutput {
  readonly #unread: ChargedBytes;
  #writtenBytes = 0;
  readonly #bytes: ByteConnection;

  constructor(bytes: ByteConnection, budget: ByteBudget) {
    this.#bytes = bytes;
    this.#unread = new ChargedBytes(budget);
  }

  get unreadBytes(): number {
    return this.#bytes.unsentBytes();
  }

  /** Of all that was written, what has left the broker: it stands still while the client does not read. */
  get deliveredBytes(): number {
    return this.#writtenBytes - this.unreadBytes;
  }

  send(text: string): void {
    const message = messageFrame(text);
    this.#writtenBytes += message.length;
    this.#bytes.send(message, message.length);
    this.settle();
  }

  /** Charges what is unread now. */
  settle(): void {
    this.#unread.is(this.unreadBytes);
  }

  /** The connection is gone, and what was unread with it. */
  close(): void {
    this.#unread.is(0);
  }
}
