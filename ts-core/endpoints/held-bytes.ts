/**
 * The bytes that a connection has received and not handled yet, in memory that is wiped and used again. If each chunk of a
 * flood were left to the garbage collector, the broker would grow by megabytes a second between two collections.
 */
import type { MessageRooms } from './message-rooms.js';

const NO_BYTES = Buffer.alloc(0);

export class HeldBytes {
  readonly #rooms: Pick<MessageRooms, 'takeAtLeast' | 'giveBack'>;
  #room: Buffer = NO_BYTES;
  #start = 0;
  #end = 0;

  constructor(rooms: Pick<MessageRooms, 'takeAtLeast' | 'giveBack'>) {
    this.#rooms = rooms;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** A view of all held bytes. It is valid until bytes are added or dropped. No Buffer, whose slice() would not copy. */
  view(): Uint8Array {
    return new Uint8Array(this.#room.buffer, this.#room.byteOffset + this.#start, this.length);
  }

  /** Copies the bytes from `start` to `end` behind those that it holds. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (this.#start + length > this.#room.length) this.#moveTo(length);
    this.#room.set(bytes.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** Drops the first bytes. */
  drop(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#room === NO_BYTES) return;
    this.#rooms.giveBack(this.#room);
    this.#room = NO_BYTES;
  }

  /** Moves the held bytes to the beginning of a room of at least this length. */
  #moveTo(length: number): void {
    const held = this.#end - this.#start;
    if (length <= this.#room.length) {
      this.#room.copyWithin(0, this.#start, this.#end);
    } else {
      const room = this.#rooms.takeAtLeast(length);
      room.set(this.view());
      if (this.#room !== NO_BYTES) this.#rooms.giveBack(this.#room);
      this.#room = room;
    }
    this.#start = 0;
    this.#end = held;
  }
}
