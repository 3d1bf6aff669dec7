/** Writes replies and notifications to one client, and charges its user for what the client has not read. */
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

  /** The number of written bytes that have left the broker; it does not grow while the client does not read. */
  get deliveredBytes(): number {
    return this.#writtenBytes - this.unreadBytes;
  }

  send(text: string): void {
    const message = messageFrame(text);
    this.#writtenBytes += message.length;
    this.#bytes.send(message, message.length);
    this.settle();
  }

  /** Updates the charge to what is unread now. */
  settle(): void {
    this.#unread.is(this.unreadBytes);
  }

  /** The connection is gone, so nothing is unread any more. */
  close(): void {
    this.#unread.is(0);
  }
}
