/** Writes replies and notifications to one client, and charges what the client has not read to its user. */
import type { ByteConnection } from '../byte-connection.js';
import type { ByteBudget } from '../user-budgets.js';

export class RpcOutput {
  #chargedBytes = 0;
  #writtenBytes = 0;

  constructor(
    private readonly bytes: ByteConnection,
    private readonly budget: ByteBudget,
  ) {}

  get unreadBytes(): number {
    return this.bytes.unsentBytes();
  }

  /** Of all that was written, what has left the broker: it stands still while the client does not read. */
  get deliveredBytes(): number {
    return this.#writtenBytes - this.unreadBytes;
  }

  send(text: string): void {
    const message = Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    this.#writtenBytes += message.length;
    this.bytes.send(message, message.length);
    this.settle();
  }

  /** Charges what is unread now. */
  settle(): void {
    this.#charge(this.unreadBytes);
  }

  /** The connection is gone, and what was unread with it. */
  close(): void {
    this.#charge(0);
  }

  #charge(bytes: number): void {
    const difference = bytes - this.#chargedBytes;
    this.#chargedBytes = bytes;
    if (difference > 0) this.budget.take(difference);
    else if (difference < 0) this.budget.give(-difference);
  }
}
