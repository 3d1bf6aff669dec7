/**
 * Reads JSON-RPC messages (Content-Length framing) from a connection that may send anything.
 *
 * vscode-jsonrpc's own reader keeps whatever arrives, of any length, for ever. Invariants here: at most one message of
 * `maxMessageBytes` and one read from the socket are kept; a message that was begun is whole within
 * `partialMessageTimeoutMs` or the connection ends; while the reader is held, nothing is read at all.
 */
import type { Socket } from 'node:net';
import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';

const MAX_HEADER_BYTES = 1024;
const HEADER_END = '\r\n\r\n';
const CONTENT_LENGTH = /^content-length: *(\d+)$/im;

export interface MessageReaderLimits {
  readonly maxMessageBytes: number;
  readonly partialMessageTimeoutMs: number;
}

/** The peer does not speak the protocol: the connection is answered once and ended. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

export class BoundedMessageReader extends AbstractMessageReader {
  private chunks: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = -1;
  private holds = 0;
  private callback: DataCallback | undefined;
  private partialTimer: NodeJS.Timeout | undefined;
  private broken = false;

  constructor(
    private readonly socket: Socket,
    private readonly limits: MessageReaderLimits,
  ) {
    super();
  }

  override listen(callback: DataCallback): Disposable {
    this.callback = callback;
    this.socket.on('data', this.onData);
    this.socket.on('error', this.onSocketError);
    this.socket.on('close', this.onSocketClose);
    return { dispose: () => this.socket.off('data', this.onData) };
  }

  override dispose(): void {
    clearTimeout(this.partialTimer);
    this.socket.off('data', this.onData);
    this.chunks = [];
    super.dispose();
  }

  /** Reads nothing more until `release` was called as often. */
  hold(): void {
    this.holds++;
    this.socket.pause();
  }

  release(): void {
    if (--this.holds > 0 || this.broken) return;
    this.socket.resume();
    // What was read before the hold may hold whole messages.
    this.deliver();
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.broken) return;
    this.chunks.push(chunk);
    this.keptBytes += chunk.length;
    this.deliver();
  };

  private readonly onSocketError = (error: Error): void => {
    this.fireError(error);
  };

  private readonly onSocketClose = (): void => {
    clearTimeout(this.partialTimer);
    this.fireClose();
  };

  private deliver(): void {
    try {
      while (this.holds === 0 && !this.broken) {
        const message = this.nextMessage();
        if (message === undefined) break;
        clearTimeout(this.partialTimer);
        this.partialTimer = undefined;
        this.callback?.(message);
      }
      this.watchPartialMessage();
    } catch (error) {
      this.breakOff(error);
    }
  }

  private breakOff(error: unknown): void {
    this.broken = true;
    this.chunks = [];
    this.keptBytes = 0;
    clearTimeout(this.partialTimer);
    this.fireError(error);
  }

  private nextMessage(): Message | undefined {
    if (this.keptBytes === 0) return undefined;
    if (this.bodyBytes < 0 && !this.readHeader()) return undefined;
    if (this.keptBytes < this.bodyBytes) return undefined;
    const body = this.take(this.bodyBytes);
    this.bodyBytes = -1;
    return parseMessage(body);
  }

  private readHeader(): boolean {
    const kept = this.joined();
    const end = kept.indexOf(HEADER_END);
    if (end < 0) {
      if (kept.length > MAX_HEADER_BYTES) throw new FramingError('the message header does not end');
      return false;
    }
    const declared = CONTENT_LENGTH.exec(kept.toString('latin1', 0, Math.min(end, MAX_HEADER_BYTES)));
    if (declared === null) throw new FramingError('the message header has no Content-Length');
    const bodyBytes = Number(declared[1]);
    if (bodyBytes > this.limits.maxMessageBytes) {
      throw new FramingError(`a message of ${declared[1]} bytes is over the limit of ${this.limits.maxMessageBytes}`);
    }
    this.take(end + HEADER_END.length);
    this.bodyBytes = bodyBytes;
    return true;
  }

  private joined(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] ?? Buffer.alloc(0);
  }

  private take(count: number): Buffer {
    const kept = this.joined();
    const rest = kept.subarray(count);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.keptBytes = rest.length;
    return kept.subarray(0, count);
  }

  private watchPartialMessage(): void {
    const isPartial = this.holds === 0 && (this.keptBytes > 0 || this.bodyBytes >= 0);
    if (!isPartial) {
      clearTimeout(this.partialTimer);
      this.partialTimer = undefined;
      return;
    }
    // Not renewed by more bytes: a trickle of them does not keep a message open.
    this.partialTimer ??= setTimeout(
      () => this.breakOff(new FramingError('a message was begun and not finished in time')),
      this.limits.partialMessageTimeoutMs,
    );
    this.partialTimer.unref();
  }
}

function parseMessage(body: Buffer): Message {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new FramingError('a message is not JSON');
  }
  if (!isMessage(value)) throw new FramingError('a message is not a JSON-RPC 2.0 object');
  // vscode-jsonrpc would not answer such a call at all.
  if ('id' in value && !isId(value.id)) throw new FramingError('the id of a message is neither text nor a number');
  return value;
}

function isId(id: unknown): boolean {
  return typeof id === 'string' || typeof id === 'number';
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
}
