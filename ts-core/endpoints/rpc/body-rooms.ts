/**
 * Memory for the bodies of long messages, which is used again and again. The garbage collector frees the memory of a
 * Buffer only when it runs, so a flood of messages would take several times what its user is charged for.
 */

/** Rooms are multiples of this. */
const STEP_BYTES = 4096;
/** Longer bodies, which only administrators send, are left to the garbage collector. */
const LARGEST_ROOM_BYTES = 65_536;
/** All unused rooms together. */
export const MAX_UNUSED_BYTES = 8 * 1024 * 1024;

export class BodyRooms {
  /** By length. */
  readonly #unused = new Map<number, Buffer[]>();
  readonly #made = new WeakSet<ArrayBufferLike>();
  #unusedBytes = 0;

  get unusedBytes(): number {
    return this.#unusedBytes;
  }

  /** Returns a buffer of this length with any content. */
  take(bytes: number): Buffer {
    const roomBytes = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
    if (roomBytes > LARGEST_ROOM_BYTES) return Buffer.allocUnsafe(bytes);
    const room = this.#unused.get(roomBytes)?.pop();
    if (room !== undefined) this.#unusedBytes -= roomBytes;
    return (room ?? this.#make(roomBytes)).subarray(0, bytes);
  }

  /** Wipes the buffer, and lets others use it. Wipes and forgets a buffer that is none of its own. */
  giveBack(body: Buffer): void {
    // It may contain an authorization value.
    body.fill(0);
    const roomBytes = body.buffer.byteLength;
    if (!this.#made.has(body.buffer) || this.#unusedBytes + roomBytes > MAX_UNUSED_BYTES) return;
    const unused = this.#unused.get(roomBytes);
    const room = Buffer.from(body.buffer);
    if (unused === undefined) this.#unused.set(roomBytes, [room]);
    else unused.push(room);
    this.#unusedBytes += roomBytes;
  }

  #make(roomBytes: number): Buffer {
    const room = Buffer.allocUnsafeSlow(roomBytes);
    this.#made.add(room.buffer);
    return room;
  }
}
