/**
 * One connection of a request-response protocol: extracts requests from the stream, answers each before it looks at the
 * next, and reads nothing while an answer is pending or unread. So a connection holds at most one request, one chunk
 * that followed it, and one reply, whatever the peer sends or leaves unread. Requests and replies are charged to the
 * connection's user.
 */
import type { ByteConnection, ByteConnectionEvents } from '../byte-connection.js';
import { HeldBytes } from '../held-bytes.js';
import type { MessageRooms } from '../message-rooms.js';
import type { TurnWork, UserTurns } from '../user-turns.js';

/** What the bytes received so far say about the first request. */
export type RequestExtent =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'complete'; readonly bytes: number }
  /** The rest of the stream cannot be parsed: the connection sends the refusal and closes. */
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
  readonly turns: UserTurns;
  readonly userKey: string;
  readonly rooms: MessageRooms;
}

export class RequestConnection implements TurnWork, ByteConnectionEvents {
  readonly #received: HeldBytes;
  isQueued = false;
  #state: 'reading' | 'answering' | 'sending' | 'ending' | 'closed' = 'reading';
  /** The reply to a request that had to wait. */
  #reply: RequestReply | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #bytes: ByteConnection;
  readonly #protocol: RequestProtocol;
  readonly #options: RequestConnectionOptions;

  constructor(bytes: ByteConnection, protocol: RequestProtocol, options: RequestConnectionOptions) {
    this.#bytes = bytes;
    this.#protocol = protocol;
    this.#options = options;
    this.#received = new HeldBytes(options.rooms);
    bytes.events = this;
    bytes.setReading(true);
  }

  get userKey(): string {
    return this.#options.userKey;
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#received.add(bytes, start, end);
    if (this.#state === 'reading') this.#next();
  }

  drained(): void {
    if (this.#state === 'sending') this.#next();
  }

  closed(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#received.clear();
    this.#reply = undefined;
    this.#options.turns.remove(this);
    this.#protocol.closed();
  }

  /** Answers the complete request, or sends the reply for which it waited. Returns whether another one is ready. */
  serve(): boolean {
    if (this.#state !== 'answering') return false;
    const reply = this.#reply;
    this.#reply = undefined;
    if (reply !== undefined) return this.#send(reply);
    const received = this.#received.view();
    const extent = this.#protocol.extent(received);
    if (extent.kind !== 'complete') return false;
    const request = new Uint8Array(received.subarray(0, extent.bytes));
    this.#received.drop(extent.bytes);
    const answer = this.#protocol.answer(request);
    if (!(answer instanceof Promise)) return this.#send(answer);
    answer.then(
      (given) => this.#sendLater(given),
      () => this.#bytes.close(false),
    );
    return false;
  }

  #next(): void {
    if (this.#takeNext()) this.#options.turns.serve(this);
  }

  /** Returns whether a request is ready. If it is incomplete, reads on. */
  #takeNext(): boolean {
    const extent: RequestExtent =
      this.#received.length === 0 ? { kind: 'incomplete' } : this.#protocol.extent(this.#received.view());
    if (extent.kind === 'incomplete') {
      this.#state = 'reading';
      this.#watchPartialRequest();
      this.#bytes.setReading(true);
      return false;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bytes.setReading(false);
    if (extent.kind === 'refused') {
      this.#finish(extent.reply);
      return false;
    }
    this.#state = 'answering';
    return true;
  }

  #sendLater(reply: RequestReply): void {
    if (this.#state !== 'answering') return;
    this.#reply = reply;
    this.#options.turns.serve(this);
  }

  /** Returns whether another request is ready. */
  #send({ bytes, thenClose }: RequestReply): boolean {
    if (thenClose === true) {
      this.#finish(bytes);
      return false;
    }
    this.#bytes.send(bytes, bytes.length);
    if (this.#bytes.unsentBytes() === 0) return this.#takeNext();
    this.#state = 'sending';
    return false;
  }

  #finish(reply: Uint8Array): void {
    this.#state = 'ending';
    this.#received.clear();
    this.#bytes.send(reply, reply.length);
    this.#bytes.close(true);
    // A peer that does not read must not keep the connection.
    this.#closeLater();
  }

  #watchPartialRequest(): void {
    if (this.#received.length > 0 && this.#timer === undefined) this.#closeLater();
  }

  #closeLater(): void {
    const { turns, userKey, partialTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => turns.addOnce(userKey, () => this.#bytes.close(false)), partialTimeoutMs);
    this.#timer.unref();
  }
}
