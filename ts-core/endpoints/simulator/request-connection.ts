/**
 * One connection of a request-response protocol: extracts requests from the stream, answers each before it looks at the
 * next, and reads nothing while an answer is pending or unread. So a connection holds at most one request, one chunk
 * that followed it, and one reply, whatever the peer sends or leaves unread. Each request is taken in a turn of its
 * user, and so is the reply to one that had to wait.
 */
import type { Socket } from 'node:net';
import type { FairTurns, TurnWork } from '../fair-turns.js';

/** What the bytes received so far say about the first request. */
export type RequestExtent =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'complete'; readonly bytes: number }
  /** The stream cannot be parsed from here on: the refusal is sent and the connection closed. */
  | { readonly kind: 'refused'; readonly reply: Uint8Array };

export interface RequestReply {
  readonly bytes: Uint8Array;
  readonly thenClose?: boolean;
}

export interface RequestProtocol {
  /** Limits the length of a request. Called with everything received so far. */
  extent(received: Uint8Array): RequestExtent;
  /** The bytes are the protocol's own copy. A rejection closes the connection. */
  answer(request: Uint8Array): RequestReply | Promise<RequestReply>;
  closed(): void;
}

export interface RequestConnectionOptions {
  /** A request that has begun must be complete within this time. */
  readonly partialTimeoutMs: number;
  readonly turns: FairTurns;
  readonly userKey: string;
}

const NO_BYTES = new Uint8Array(0);

export class RequestConnection implements TurnWork {
  #received: Uint8Array = NO_BYTES;
  #answering = false;
  /** The reply to a request that had to wait. */
  #reply: RequestReply | undefined;
  #partialTimer: NodeJS.Timeout | undefined;

  /** Paused when it is passed in. */
  readonly #socket: Socket;
  readonly #protocol: RequestProtocol;
  readonly #options: RequestConnectionOptions;

  constructor(socket: Socket, protocol: RequestProtocol, options: RequestConnectionOptions) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#options = options;
    socket.on('data', (chunk: Uint8Array) => this.#take(chunk));
    socket.once('close', () => {
      clearTimeout(this.#partialTimer);
      this.#received = NO_BYTES;
      this.#reply = undefined;
      options.turns.remove(this);
      protocol.closed();
    });
    if (socket.destroyed) protocol.closed();
    else socket.resume();
  }

  get userKey(): string {
    return this.#options.userKey;
  }

  /** Answers the complete request, or sends the reply for which it waited. Returns whether another one is ready. */
  serve(): boolean {
    const reply = this.#reply;
    this.#reply = undefined;
    if (reply !== undefined) return this.#send(reply);
    const extent = this.#protocol.extent(this.#received);
    if (extent.kind !== 'complete') return false;
    const request = Uint8Array.prototype.slice.call(this.#received, 0, extent.bytes);
    this.#received = extent.bytes === this.#received.length ? NO_BYTES : this.#received.subarray(extent.bytes);
    const answer = this.#protocol.answer(request);
    if (!(answer instanceof Promise)) return this.#send(answer);
    answer.then(
      (given) => this.#sendInTurn(given),
      () => this.#socket.destroy(),
    );
    return false;
  }

  #take(chunk: Uint8Array): void {
    this.#received = this.#received.length === 0 ? chunk : concatenate(this.#received, chunk);
    if (!this.#answering) this.#next();
  }

  #next(): void {
    if (this.#takeNext()) this.#options.turns.add(this);
  }

  /** Returns whether a request is ready. If it is incomplete, reads on. */
  #takeNext(): boolean {
    const extent: RequestExtent =
      this.#received.length === 0 ? { kind: 'incomplete' } : this.#protocol.extent(this.#received);
    if (extent.kind === 'incomplete') {
      this.#watchPartialRequest();
      this.#socket.resume();
      return false;
    }
    clearTimeout(this.#partialTimer);
    this.#partialTimer = undefined;
    this.#socket.pause();
    if (extent.kind === 'refused') {
      this.#finish(extent.reply);
      return false;
    }
    this.#answering = true;
    return true;
  }

  #sendInTurn(reply: RequestReply): void {
    if (this.#socket.destroyed) return;
    this.#reply = reply;
    this.#options.turns.add(this);
  }

  /** Returns whether another request is ready. */
  #send({ bytes, thenClose }: RequestReply): boolean {
    this.#answering = false;
    if (this.#socket.destroyed) return false;
    if (thenClose === true) this.#finish(bytes);
    else if (this.#socket.write(bytes)) return this.#takeNext();
    else this.#socket.once('drain', () => this.#next());
    return false;
  }

  #finish(reply: Uint8Array): void {
    this.#received = NO_BYTES;
    // Close even if the reply cannot be sent: a peer that does not read must not keep the connection.
    this.#socket.end(reply, () => this.#socket.destroy());
    this.#socket.setTimeout(this.#options.partialTimeoutMs, () => this.#socket.destroy());
  }

  #watchPartialRequest(): void {
    if (this.#received.length === 0 || this.#partialTimer !== undefined) return;
    this.#partialTimer = setTimeout(() => this.#socket.destroy(), this.#options.partialTimeoutMs);
    this.#partialTimer.unref();
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
