/**
 * Splits a byte stream into messages, each preceded by a header with its Content-Length (the framing of the Language
 * Server Protocol). Buffers at most one message and whatever arrived with its end, and reports in advance how many more
 * bytes the message needs.
 */
import { HeldBytes } from '../held-bytes.js';
import type { MessageRooms } from '../message-rooms.js';

const MAX_HEADER_BYTES = 1024;
/** Of a UTF-16 code unit. */
const MAX_UTF8_BYTES = 3;
const HEADER_END = '\r\n\r\n';
const HEADER_LINE = /^([!-9;-~]+):[ \t]*(.*?)[ \t]*$/;

/** The peer violated the framing, so the start of the next message is unknown. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

export class MessageFrames {
  /** Bytes received that belong to no body in progress. */
  readonly #rest: HeldBytes;
  /** The body that `makeRoom` allocated, filled up to #filled. */
  #body: Buffer | undefined;
  #filled = 0;
  /** Length of the message whose header has been read; -1 between two messages. */
  #bodyBytes = -1;

  /** `limitSetting` names the setting that raises the limit. */
  readonly #maxMessageBytes: number;
  readonly #limitSetting: string;
  readonly #rooms: MessageRooms;

  constructor(maxMessageBytes: number, limitSetting: string, rooms: MessageRooms) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#limitSetting = limitSetting;
    this.#rooms = rooms;
    this.#rest = new HeldBytes(rooms);
  }

  get keptBytes(): number {
    return this.#rest.length + (this.#body?.length ?? 0);
  }

  /** Whether a message has begun but is not complete. */
  get isPartial(): boolean {
    return this.#bodyBytes >= 0 || this.#rest.length > 0;
  }

  /** The number of bytes that the message in progress needs beyond those buffered; see `makeRoom`. */
  get neededBytes(): number {
    if (this.#bodyBytes < 0 || this.#body !== undefined) return 0;
    return Math.max(0, this.#bodyBytes - this.#rest.length);
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    if (this.#body !== undefined) {
      const count = Math.min(end - from, this.#body.length - this.#filled);
      this.#body.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
    }
    if (from < end) this.#rest.add(bytes, from, end);
  }

  /**
   * Returns the next complete body; give it back to the rooms after use. Throws a FramingError if no further bytes can
   * make the stream valid.
   */
  next(): Buffer | undefined {
    if (this.#bodyBytes < 0 && !this.#readHeader()) return undefined;
    const body = this.#wholeBody();
    if (body !== undefined) this.#bodyBytes = -1;
    return body;
  }

  /** Allocates the whole body, because the rest of it is about to be read. */
  makeRoom(): void {
    if (this.neededBytes > 0) this.#beginBody();
  }

  clear(): void {
    this.#rest.clear();
    if (this.#body !== undefined) this.#rooms.giveBack(this.#body);
    this.#body = undefined;
    this.#bodyBytes = -1;
  }

  #wholeBody(): Buffer | undefined {
    if (this.#body === undefined && this.#rest.length >= this.#bodyBytes) this.#beginBody();
    const body = this.#body;
    if (body === undefined || this.#filled < body.length) return undefined;
    this.#body = undefined;
    return body;
  }

  /** Takes a room for the body, and moves what has arrived of it there. */
  #beginBody(): void {
    const body = this.#rooms.take(this.#bodyBytes);
    const arrived = this.#rest.view().subarray(0, this.#bodyBytes);
    body.set(arrived);
    this.#body = body;
    this.#filled = arrived.length;
    this.#rest.drop(arrived.length);
  }

  #readHeader(): boolean {
    const { buffer, byteOffset, length } = this.#rest.view();
    const rest = Buffer.from(buffer, byteOffset, length);
    const end = rest.indexOf(HEADER_END);
    if (end > MAX_HEADER_BYTES || (end < 0 && length > MAX_HEADER_BYTES)) {
      throw new FramingError('The message header does not end.');
    }
    if (end < 0) return false;
    const bodyBytes = contentLength(rest.toString('latin1', 0, end));
    if (bodyBytes > this.#maxMessageBytes) {
      throw new FramingError(
        `A message of ${bodyBytes} bytes is over the limit of ${this.#maxMessageBytes} (${this.#limitSetting}).`,
      );
    }
    this.#rest.drop(end + HEADER_END.length);
    this.#bodyBytes = bodyBytes;
    return true;
  }
}

/** Returns the message with its header. */
export function messageFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerOf(length);
  // Joining the texts first would copy a reply of a megabyte twice.
  const frame = Buffer.allocUnsafe(header.length + length);
  frame.write(header, 'latin1');
  frame.write(text, header.length);
  return frame;
}

/**
 * Returns a message of these texts, with its header: a part of `room`, which need not be copied or collected, or else a
 * new buffer if there may be too little room. Joining long texts first would take longer than writing them.
 */
export function messageFrameIn(room: Buffer, texts: readonly string[]): Buffer {
  const start = headerOf(Number.MAX_SAFE_INTEGER).length;
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (start + characters * MAX_UTF8_BYTES > room.length) return messageFrame(texts.join(''));
  // Writes the texts first, because counting their bytes takes as long as writing them.
  let end = start;
  for (const text of texts) end += room.write(text, end);
  const header = headerOf(end - start);
  room.write(header, start - header.length, 'latin1');
  return room.subarray(start - header.length, end);
}

function headerOf(bodyBytes: number): string {
  return `Content-Length: ${bodyBytes}${HEADER_END}`;
}

function contentLength(header: string): number {
  let length: number | undefined;
  for (const line of header.split('\r\n')) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new FramingError('A line of the message header has no name.');
    if (name.toLowerCase() !== 'content-length') continue;
    if (length !== undefined) throw new FramingError('The message header has two Content-Lengths.');
    if (!/^\d+$/.test(value)) throw new FramingError('The Content-Length of a message is not a number.');
    length = Number(value);
  }
  if (length === undefined) throw new FramingError('The message header has no Content-Length.');
  return length;
}
