/**
 * Splits a stream of bytes into messages, each behind a header with its Content-Length (as editors speak it to language
 * servers). It keeps the bytes of at most one message and what arrived with its end, and says beforehand how many more
 * bytes the message needs.
 */

const MAX_HEADER_BYTES = 1024;
const HEADER_END = '\r\n\r\n';
const HEADER_LINE = /^([!-9;-~]+):[ \t]*(.*?)[ \t]*$/;
const NOTHING = Buffer.alloc(0);

/** The peer does not frame its messages as the protocol has it: nobody knows where the next one begins. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

export class MessageFrames {
  /** Bytes that arrived and belong to no body that was begun. */
  #rest: Buffer = NOTHING;
  /** The body that `makeRoom` made place for, filled up to #filled. */
  #body: Buffer | undefined;
  #filled = 0;
  /** Of the message whose header has been read; -1 between two messages. */
  #bodyBytes = -1;

  /** `limitSetting` is where an administrator can raise the limit. */
  readonly #maxMessageBytes: number;
  readonly #limitSetting: string;

  constructor(maxMessageBytes: number, limitSetting: string) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#limitSetting = limitSetting;
  }

  get keptBytes(): number {
    return this.#rest.length + (this.#body?.length ?? 0);
  }

  /** Whether a message was begun and is not complete. */
  get isPartial(): boolean {
    return this.#bodyBytes >= 0 || this.#rest.length > 0;
  }

  /** How many bytes beyond those that are kept the begun message takes: for `makeRoom`. */
  get neededBytes(): number {
    if (this.#bodyBytes < 0 || this.#body !== undefined) return 0;
    return Math.max(0, this.#bodyBytes - this.#rest.length);
  }

  /** Keeps a copy of the bytes. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    if (this.#body !== undefined) {
      const count = Math.min(end - from, this.#body.length - this.#filled);
      this.#body.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
    }
    if (from === end) return;
    const joined = Buffer.allocUnsafe(this.#rest.length + end - from);
    this.#rest.copy(joined);
    joined.set(bytes.subarray(from, end), this.#rest.length);
    this.#rest = joined;
  }

  /** The next whole body. Throws a FramingError when no bytes that follow can make the stream valid. */
  next(): Buffer | undefined {
    if (this.#bodyBytes < 0 && !this.#readHeader()) return undefined;
    const body = this.#wholeBody();
    if (body !== undefined) this.#bodyBytes = -1;
    return body;
  }

  /** Makes place for the whole body, since the rest of it is going to be read. */
  makeRoom(): void {
    if (this.neededBytes === 0) return;
    this.#body = Buffer.allocUnsafe(this.#bodyBytes);
    this.#filled = this.#rest.copy(this.#body);
    this.#rest = NOTHING;
  }

  clear(): void {
    this.#rest = NOTHING;
    this.#body = undefined;
    this.#bodyBytes = -1;
  }

  #wholeBody(): Buffer | undefined {
    if (this.#body !== undefined) {
      if (this.#filled < this.#body.length) return undefined;
      const body = this.#body;
      this.#body = undefined;
      return body;
    }
    return this.#rest.length < this.#bodyBytes ? undefined : this.#take(this.#bodyBytes);
  }

  #readHeader(): boolean {
    const end = this.#rest.indexOf(HEADER_END);
    if (end > MAX_HEADER_BYTES || (end < 0 && this.#rest.length > MAX_HEADER_BYTES)) {
      throw new FramingError('The message header does not end.');
    }
    if (end < 0) return false;
    const bodyBytes = contentLength(this.#rest.toString('latin1', 0, end));
    if (bodyBytes > this.#maxMessageBytes) {
      throw new FramingError(
        `A message of ${bodyBytes} bytes is over the limit of ${this.#maxMessageBytes} (${this.#limitSetting}).`,
      );
    }
    this.#take(end + HEADER_END.length);
    this.#bodyBytes = bodyBytes;
    return true;
  }

  #take(count: number): Buffer {
    const taken = this.#rest.subarray(0, count);
    this.#rest = count === this.#rest.length ? NOTHING : this.#rest.subarray(count);
    return taken;
  }
}

/** The message with its header. */
export function messageFrame(text: string): Buffer {
  return Buffer.from(`Content-Length: ${Buffer.byteLength(text)}${HEADER_END}${text}`);
}

function contentLength(header: string): number {
  let length: number | undefined;
  for (const line of header.split('\r\n')) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new FramingError('A line of the message header has no name.');
    if (name.toLowerCase() !== 'content-length') continue;
    if (length !== undefined) throw new FramingError('The message header has two Content-Lengths.');
    if (!/^\d+$/.test(value)) throw new FramingError('The Content-Length of a message is no number.');
    length = Number(value);
  }
  if (length === undefined) throw new FramingError('The message header has no Content-Length.');
  return length;
}
