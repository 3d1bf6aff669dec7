/**
 * One client of the JSON-RPC endpoint: reads its messages, serves their calls in its user's turns, and releases
 * everything when the client leaves.
 *
 * Invariants:
 *  - While a message is being served, nothing is read, so unanswered calls always limit what is read.
 *  - A call is served only while at most `maxUnreadReplyBytes` of replies are unread, fewer than `maxOutstandingCalls`
 *    calls are in progress, and its user's budget has room.
 *  - The rest of a message is read only after its whole length has been charged to the user.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import type { Log } from '../../application/ports/logs.js';
import { type Caller, isAdministrator } from '../../domain/caller.js';
import type { ByteConnection, ByteConnectionEvents } from '../byte-connection.js';
import type { MessageRooms } from '../message-rooms.js';
import { SlowPeer } from '../slow-peer.js';
import { type BudgetWaiter, type ByteBudget, ChargedBytes, type UserByteBudget } from '../user-byte-budgets.js';
import type { TurnWork, UserTurns } from '../user-turns.js';
import type { RpcHandler } from './handler.js';
import {
  errorReply,
  MAX_USER_VALUES,
  type MessagePart,
  notificationText,
  PARSE_ERROR,
  readMessage,
} from './json-rpc.js';
import { FramingError, MessageFrames } from './message-frames.js';
import { MessageReplies } from './message-replies.js';
import { RpcCalls } from './rpc-calls.js';
import { RpcOutput } from './rpc-output.js';
import type { RpcSession } from './rpc-session.js';

export interface RpcLimits {
  /** For administrators. */
  readonly maxMessageBytes: number;
  /** For everyone else. */
  readonly maxUserMessageBytes: number;
  /** Time for a peer to complete a message, and to read replies that fill its user's budget. */
  readonly slowPeerTimeoutMs: number;
  readonly maxOutstandingCalls: number;
  readonly maxUnreadReplyBytes: number;
}

export interface RpcConnectionParts {
  readonly opener: ConnectionOpener;
  readonly handlers: ReadonlyMap<string, RpcHandler>;
  readonly limits: RpcLimits;
  readonly turns: UserTurns;
  readonly rooms: MessageRooms;
  readonly log: Log;
}

/** The charge for a call in progress, in addition to its message. */
const CALL_BYTES = 2048;
/** An event subscriber with more unread bytes misses further events and learns how many. */
const MAX_UNREAD_EVENT_BYTES = 65_536;

/** A message whose parts are being served. */
interface MessageUnderWay {
  readonly parts: readonly MessagePart[];
  readonly replies: MessageReplies;
  readonly chargePerPart: number;
  next: number;
}

export class RpcConnection implements ByteConnectionEvents, TurnWork, BudgetWaiter {
  isQueued = false;
  readonly #frames: MessageFrames;
  readonly #output: RpcOutput;
  readonly #calls: RpcCalls;
  readonly #slowPeer: SlowPeer;
  /** The bytes that have arrived, and those that a partial message still needs. */
  readonly #arriving: ChargedBytes;
  readonly #endCallbacks: (() => void)[] = [];
  /** Few. A Set that gains and loses members leaves garbage among the old objects (ready-queue.ts). */
  readonly #batches: MessageReplies[] = [];
  /** A complete message that waits for its user's turn. */
  #body: Buffer | undefined;
  #message: MessageUnderWay | undefined;
  /** True while the broker, not the peer, delays the rest of a message. */
  #waitsForRoom = false;
  #messagesRead = 0;
  #state: 'open' | 'ended' | 'closed' = 'open';
  readonly #bytes: ByteConnection;
  readonly #budget: UserByteBudget;
  readonly #parts: RpcConnectionParts;
  readonly #onClosed: (connection: RpcConnection) => void;

  constructor(
    bytes: ByteConnection,
    readonly caller: Caller,
    budget: UserByteBudget,
    parts: RpcConnectionParts,
    onClosed: (connection: RpcConnection) => void,
  ) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#parts = parts;
    this.#onClosed = onClosed;
    const { limits, opener, handlers, rooms, log } = parts;
    this.#frames = isAdministrator(caller)
      ? new MessageFrames(limits.maxMessageBytes, 'limits.messageBytes', rooms)
      : new MessageFrames(limits.maxUserMessageBytes, 'limits.userMessageBytes', rooms);
    this.#output = new RpcOutput(bytes, budget.replying);
    this.#slowPeer = new SlowPeer(limits.slowPeerTimeoutMs);
    this.#arriving = new ChargedBytes(budget.reading);
    const tpm = opener.connect(caller);
    this.#endCallbacks.push(() => tpm.close());
    const session: RpcSession = {
      caller,
      tpm,
      transientContexts: new Set(),
      notify: (method, params) => this.#notify(method, params),
      onEnd: (callback) => void this.#endCallbacks.push(callback),
    };
    this.#calls = new RpcCalls({
      session,
      handlers,
      maxOutstandingCalls: limits.maxOutstandingCalls,
      maxBatchReplyBytes: limits.maxUnreadReplyBytes,
      budget: budget.calling,
      log,
      onFinished: () => parts.turns.serve(this),
      onRoomAgain: () => this.#goOn(),
    });
    bytes.events = this;
  }

  get userKey(): string {
    return this.caller.userKey;
  }

  get isUnderWay(): boolean {
    return (
      this.#message !== undefined || this.#calls.isAnswering || (this.#calls.hasFinished && this.#batches.length > 0)
    );
  }

  /** Ends the connection once the client has read its replies; releases everything that the client holds now. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#release();
    this.#bytes.close(true);
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state !== 'open') return;
    this.#frames.push(bytes, start, end);
    this.#readOn();
  }

  drained(): void {
    this.#output.updateCharge();
    this.#goOn();
  }

  closed(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#release();
    this.#state = 'closed';
    this.#output.close();
    this.#onClosed(this);
  }

  roomAgain(): void {
    this.#goOn();
  }

  /** Answers one call that has finished, or else serves one part of a message. Returns whether another one is ready. */
  serve(): boolean {
    if (this.#state !== 'open' || !this.#mayReply()) return false;
    if (this.#calls.answerFinished()) return this.#calls.hasFinished || this.#isServing();
    if (!this.#mayServe()) return false;
    const message = this.#messageUnderWay();
    const part = message?.parts[message.next++];
    if (message === undefined || part === undefined) return false;
    this.#servePart(part, message);
    if (message.next < message.parts.length) return true;
    this.#message = undefined;
    this.#readOn();
    return false;
  }

  /** Ends the connection in a turn if the peer is too slow; compares the state with that at the previous call. */
  checkPeer(nowMs: number): void {
    const owesRest = this.#state === 'open' && !this.#isServing() && this.#frames.isPartial && !this.#waitsForRoom;
    const { maxUnreadReplyBytes } = this.#parts.limits;
    const unread = this.#output.unreadBytes;
    const mustRead = unread > maxUnreadReplyBytes || (unread > 0 && this.#budget.replying.isFull);
    if (this.#slowPeer.sendsTooSlowly(nowMs, owesRest ? this.#messagesRead : undefined)) {
      const error = new FramingError('A message was not complete in time (timeouts.partialMessageMs).');
      this.#parts.turns.addOnce(this.userKey, () => this.#breakOff(error));
    } else if (this.#slowPeer.readsTooSlowly(nowMs, mustRead || this.#state === 'ended', this.#output.deliveredBytes)) {
      this.#parts.turns.addOnce(this.userKey, () => this.#bytes.close(false));
    }
  }

  /**
   * Takes the next message or continues reading; waits if the user's budget has no room for the rest of the message.
   */
  #readOn(): void {
    if (this.#state !== 'open' || this.#isServing()) return;
    try {
      this.#body = this.#frames.next();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.#breakOff(error);
      return;
    }
    if (this.#body !== undefined) {
      this.#messagesRead++;
      this.#bytes.setReading(false);
      this.#arriving.is(this.#frames.keptBytes + this.#body.length);
      this.#parts.turns.add(this);
      return;
    }
    this.#waitsForRoom = !this.#arriving.tryBe(this.#frames.keptBytes + this.#frames.neededBytes);
    if (this.#waitsForRoom) {
      this.#bytes.setReading(false);
      this.#budget.reading.waitForRoom(this);
      return;
    }
    this.#frames.makeRoom();
    this.#bytes.setReading(true);
  }

  #isServing(): boolean {
    return this.#body !== undefined || this.#message !== undefined;
  }

  #goOn(): void {
    if (this.#state !== 'open') return;
    if (this.#isServing() || this.#calls.hasFinished) this.#parts.turns.add(this);
    else this.#readOn();
  }

  /** Returns whether unread replies leave room for further ones; if not, `#goOn` is called once they do. */
  #mayReply(): boolean {
    return this.#output.unreadBytes <= this.#parts.limits.maxUnreadReplyBytes && this.#hasRoom(this.#budget.replying);
  }

  /** Returns the same for calls in progress. A batch with stored replies would wait for itself: its calls are refused. */
  #mayServe(): boolean {
    return this.#calls.mayServe() && (this.#message?.replies.isKeeping === true || this.#hasRoom(this.#budget.calling));
  }

  #hasRoom(budget: ByteBudget): boolean {
    if (budget.isFull) budget.waitForRoom(this);
    return !budget.isFull;
  }

  #messageUnderWay(): MessageUnderWay | undefined {
    const body = this.#body;
    if (body === undefined) return this.#message;
    this.#body = undefined;
    const bodyBytes = body.length;
    const { parts, isBatch } = readMessage(body, isAdministrator(this.caller) ? undefined : MAX_USER_VALUES);
    this.#parts.rooms.giveBack(body);
    const replies = new MessageReplies(parts.length, isBatch, this.#budget.calling, (texts) => {
      if (isBatch) this.#forgetBatch(replies);
      if (texts.length > 0) this.#output.send(...texts);
    });
    if (isBatch) this.#batches.push(replies);
    this.#message = { parts, replies, chargePerPart: CALL_BYTES + Math.ceil(bodyBytes / parts.length), next: 0 };
    return this.#message;
  }

  #forgetBatch(batch: MessageReplies): void {
    const last = this.#batches.pop();
    if (last !== undefined && last !== batch) this.#batches[this.#batches.indexOf(batch)] = last;
  }

  #servePart(part: MessagePart, { replies, chargePerPart }: MessageUnderWay): void {
    if (part.kind === 'call') this.#calls.serve(part.call, replies, chargePerPart);
    else replies.add(...(part.kind === 'fault' ? [errorReply(part.id, part.error)] : []));
  }

  #notify(method: string, params: () => unknown): boolean {
    const mostUnread = Math.min(MAX_UNREAD_EVENT_BYTES, this.#parts.limits.maxUnreadReplyBytes);
    if (this.#state !== 'open' || this.#output.unreadBytes > mostUnread || this.#budget.replying.isFull) return false;
    this.#output.send(notificationText(method, params()));
    return true;
  }

  /** Reports the violation to a peer that breaks the protocol, and ends the connection. */
  #breakOff(error: FramingError): void {
    if (this.#state !== 'open') return;
    this.#output.send(errorReply(null, { code: PARSE_ERROR, message: error.message }));
    this.end();
  }

  #release(): void {
    this.#calls.close();
    this.#parts.turns.remove(this);
    this.#budget.reading.stopWaiting(this);
    this.#budget.calling.stopWaiting(this);
    this.#budget.replying.stopWaiting(this);
    if (this.#body !== undefined) this.#parts.rooms.giveBack(this.#body);
    this.#body = undefined;
    this.#message = undefined;
    this.#frames.clear();
    this.#arriving.is(0);
    for (const batch of this.#batches) batch.drop();
    this.#batches.length = 0;
    for (const callback of this.#endCallbacks) callback();
  }
}
