/** What a connection sends to its client. The client's user is charged for what the client has not read. */
import type { ByteConnection } from './byte-connection.js';
import { type ByteBudget, ChargedBytes } from './user-byte-budgets.js';

export class ChargedOutput {
  readonly #unread: ChargedBytes;
  #sentBytes = 0;
  readonly #connection: ByteConnection;

  constructor(connection: ByteConnection, budget: ByteBudget) {
    this.#connection = connection;
    this.#unread = new ChargedBytes(budget);
  }

  get unreadBytes(): number {
    return this.#connection.unsentBytes();
  }

  /** The number of sent bytes that have left the broker; it does not grow while the client does not read. */
  get deliveredBytes(): number {
    return this.#sentBytes - this.unreadBytes;
  }

  /** Sends the first `length` bytes of `bytes`, which the caller may reuse immediately. */
  sendBytes(bytes: Uint8Array, length: number): void {
    this.#sentBytes += length;
    this.#connection.send(bytes, length);
    this.updateCharge();
  }

  /** Updates the charge to what is unread now. */
  updateCharge(): void {
    this.#unread.is(this.unreadBytes);
  }

  /** The connection is gone, so nothing is unread any more. */
  close(): void {
    this.#unread.is(0);
  }
}
