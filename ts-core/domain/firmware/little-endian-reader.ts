/**
 * Reads the little-endian structures of the firmware's log, and never past its end: a read that does not fit returns
 * undefined and does not move the position.
 */
export class LittleEndianReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Computed once: looking for it at every event would take quadratic time on a long log of zeros. */
  readonly #endOfContent: number;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#endOfContent = bytes.findLastIndex((byte) => byte !== 0) + 1;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number | undefined {
    return this.#take(1, (at) => this.#view.getUint8(at));
  }

  uint16(): number | undefined {
    return this.#take(2, (at) => this.#view.getUint16(at, true));
  }

  uint32(): number | undefined {
    return this.#take(4, (at) => this.#view.getUint32(at, true));
  }

  /** Returns a view of the bytes, not a copy. */
  bytes(count: number): Uint8Array | undefined {
    return this.#take(count, (at) => this.#bytes.subarray(at, at + count));
  }

  /** Returns whether only zeros follow: the unused rest of the area that ACPI reserves for the log. */
  onlyZerosFollow(): boolean {
    return this.#offset >= this.#endOfContent;
  }

  #take<Value>(count: number, read: (at: number) => Value): Value | undefined {
    if (count > this.remaining) return undefined;
    const value = read(this.#offset);
    this.#offset += count;
    return value;
  }
}
