/** Writes and reads the big-endian fields of TPM structures. */
import { readUint16, readUint32, writeUint16, writeUint32 } from './command-header.js';

export function uint8(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff);
}

export function uint16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  writeUint16(bytes, 0, value);
  return bytes;
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

/** Returns the bytes, preceded by their length as a UINT32. */
export function sized(bytes: Uint8Array): Uint8Array {
  return concat(uint32(bytes.length), bytes);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] as number));
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Thrown when a response ends before a required field. */
export class TruncatedFieldError extends Error {
  override readonly name = 'TruncatedFieldError';
}

/** Reads fields in order. Throws TruncatedFieldError if the bytes end too early. */
export class FieldReader {
  #offset = 0;
  readonly #source: Uint8Array;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(): number {
    return this.bytes(1)[0] as number;
  }

  uint16(): number {
    return readUint16(this.bytes(2), 0);
  }

  uint32(): number {
    return readUint32(this.bytes(4), 0);
  }

  bytes(lengthBytes: number): Uint8Array {
    const end = this.#offset + lengthBytes;
    if (end > this.#source.length) {
      throw new TruncatedFieldError(`a field ends at byte ${end} of ${this.#source.length}`);
    }
    const bytes = this.#source.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  sized(): Uint8Array {
    return this.bytes(this.uint32());
  }
}
