/**
 * Memory for messages that wait: bodies that are still arriving, and replies that their clients have not read. It is used
 * again and again. The garbage collector frees the memory of a Buffer only when it runs, so a flood of messages would take
 * several times what its user is charged for.
 */

/** What short replies share. */
const LEAST_ROOM_BYTES = 1024;
/** Longer rooms are multiples of this. */
const STEP_BYTES = 4096;
/** Longer bodies, which only administrators send, are left to the garbage collector; longer replies get several rooms. */
const LARGEST_ROOM_BYTES = 65_536;
/** All unused rooms together. */
export const MAX_UNUSED_BYTES = 8 * 1024 * 1024;

export class MessageRooms {
  /** By length. */
  readonly #unused = new Map<number, Buffer[]>();
  /** The whole room of each memory, which is not wrapped in a new Buffer each time that it is given back. */
  readonly #made = new WeakMap<ArrayBufferLike, Buffer>();
  #unusedBytes = 0;

  get unusedBytes(): number {
    return this.#unusedBytes;
  }

  /** Returns a buffer of this length with any content. */
  take(bytes: number): Buffer {
    return this.takeAtLeast(bytes).subarray(0, bytes);
  }

  /** Returns a whole room for this many bytes, or a buffer of this length if there is no room for so many. */
  takeAtLeast(bytes: number): Buffer {
    return bytes > LARGEST_ROOM_BYTES ? Buffer.allocUnsafe(bytes) : this.takeWhole(bytes);
  }

  /** Returns a whole room for this many bytes, or the longest one if there is none for so many. */
  takeWhole(bytes: number): Buffer {
    const roomBytes = Math.min(
      LARGEST_ROOM_BYTES,
      bytes <= LEAST_ROOM_BYTES ? LEAST_ROOM_BYTES : Math.ceil(bytes / STEP_BYTES) * STEP_BYTES,
    );
    const room = this.#unused.get(roomBytes)?.pop();
    if (room !== undefined) this.#unusedBytes -= roomBytes;
    return room ?? this.#make(roomBytes);
  }

  /** Wipes the buffer, and lets others use it. Wipes, but does not reuse, a buffer that it did not create. */
  giveBack(body: Buffer): void {
    // It may contain an authorization value.
    body.fill(0);
    const room = this.#made.get(body.buffer);
    if (room === undefined) return;
    if (this.#unusedBytes + room.length > MAX_UNUSED_BYTES) {
      freeNow(room.buffer);
      return;
    }
    const roomBytes = room.length;
    const unused = this.#unused.get(roomBytes);
    if (unused === undefined) this.#unused.set(roomBytes, [room]);
    else unused.push(room);
    this.#unusedBytes += roomBytes;
  }

  #make(roomBytes: number): Buffer {
    const room = Buffer.allocUnsafeSlow(roomBytes);
    this.#made.set(room.buffer, room);
    return room;
  }
}

/**
 * Frees the memory without waiting for the garbage collector, on Node.js 21 and later (ECMAScript 2024). No view of it may
 * be in use.
 */
function freeNow(memory: ArrayBufferLike & { transfer?(newLength: number): unknown }): void {
  memory.transfer?.(0);
}
