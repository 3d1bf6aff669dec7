/**
 * One connection of the wire endpoint: frames in, calls to the application, frames out. See docs/wire-protocol.md.
 *
 * Memory is limited to less than one receive buffer of unhandled requests, MAX_OUTSTANDING submissions and
 * MAX_UNSENT_BYTES of responses (besides those of submissions in progress), and for all connections of one user
 * together to his budget. Beyond that, the session stops reading. Time is limited too: only a few frames are handled
 * immediately; the others are handled in their user's turns.
 */
import type { CallerConnection, SubmissionOutcome } from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';
import { refusalResponse } from '../../domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { ByteConnection, ByteConnectionEvents } from '../byte-connection.js';
import type { FairTurns, TurnWork } from '../fair-turns.js';
import { SlowPeer } from '../slow-peer.js';
import type { BudgetWaiter, UserBudget } from '../user-budgets.js';
import {
  contextIdOf,
  FRAME_FAULT,
  FRAME_HEADER_BYTES,
  FRAME_INCOMPLETE,
  NO_BYTES,
  Operation,
  operationOf,
  readUint32LE,
  requestIdOf,
  requestLength,
  SUBMIT_FIELDS_BYTES,
  VERSION_WITH_REASONS,
} from './frame.js';
import { PendingSubmissions } from './pending-submissions.js';
import { WireCalls } from './wire-calls.js';
import { answerHello, isHello } from './wire-hello.js';
import { WireOutput } from './wire-output.js';
import { reasonOf, resultOf, resultOfError } from './wire-results.js';
import type { WireServices } from './wire-services.js';

export const MAX_OUTSTANDING = 64;
export const MAX_UNSENT_BYTES = 65536;

/** What the sessions of one user share (the budget), and what all users share (the turns). */
export interface SharedCost {
  readonly turns: FairTurns;
  readonly budget: UserBudget;
  /** Time for a peer to complete a frame, and to read responses that hold others up. */
  readonly slowPeerTimeoutMs: number;
}

export class WireSession implements ByteConnectionEvents, TurnWork, BudgetWaiter {
  readonly #connection: ByteConnection;
  readonly #caller: CallerConnection;
  readonly #calls: WireCalls;
  readonly #onClosed: (session: WireSession) => void;
  readonly #pending = new PendingSubmissions((requestId, outcome) => this.#finishSubmit(requestId, outcome));
  /** Bytes of frames that are incomplete or must not be handled yet. */
  #held: Uint8Array = NO_BYTES;
  #outstanding = 0;
  #reading = true;
  #greeted = false;
  #givesReasons = false;
  #open = true;
  #isClosed = false;
  /** Refusals use the response format of the TPM version that the client opened. */
  #tpmVersion: TpmVersion = '2.0';
  readonly #shared: SharedCost;
  readonly #slowPeer: SlowPeer;
  readonly #output: WireOutput;
  #waitsForTurn = false;
  #framesHandled = 0;

  constructor(
    connection: ByteConnection,
    caller: CallerConnection,
    services: WireServices,
    shared: SharedCost,
    onClosed: (session: WireSession) => void,
  ) {
    this.#shared = shared;
    this.#slowPeer = new SlowPeer(shared.slowPeerTimeoutMs);
    this.#output = new WireOutput(connection, shared.budget.replying);
    this.#connection = connection;
    this.#caller = caller;
    this.#calls = new WireCalls(caller, services);
    this.#onClosed = onClosed;
    connection.events = this;
  }

  get userKey(): string {
    return this.#caller.caller.userKey;
  }

  get caller(): Caller {
    return this.#caller.caller;
  }

  /**
   * Closes the connection if the peer takes too long to complete HELLO or another frame, or to read responses. It
   * compares the state at each call with that at the previous one, so that no frame needs a timer.
   */
  checkPeer(nowMs: number): void {
    const owesFrame = this.#open && this.#reading && (!this.#greeted || this.#held.length > 0);
    const unread = this.#output.unreadBytes;
    const mustRead = !this.#open || unread > MAX_UNSENT_BYTES || (unread > 0 && this.#shared.budget.replying.isFull);
    const tooSlow = [
      this.#slowPeer.sendsTooSlowly(nowMs, owesFrame ? this.#framesHandled : undefined),
      this.#slowPeer.readsTooSlowly(nowMs, mustRead, this.#output.deliveredBytes),
    ];
    if (tooSlow.includes(true)) this.close();
  }

  /** Releases at once what the client holds: while the broker stops, the TPM is out of reach when the socket has closed. */
  close(): void {
    this.#connection.close(false);
    this.closed();
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#open) return;
    if (this.#held.length === 0) {
      const rest = this.#handleFrames(bytes, start, end);
      this.#held = rest === end ? NO_BYTES : bytes.slice(rest, end);
      return;
    }
    const joined = new Uint8Array(this.#held.length + end - start);
    joined.set(this.#held);
    joined.set(bytes.subarray(start, end), this.#held.length);
    this.#handleHeld(joined);
  }

  drained(): void {
    this.#output.settle();
    this.#readOn();
  }

  roomAgain(): void {
    this.#readOn();
  }

  /** Handles the next held frame. Returns whether another one is ready. */
  serve(): boolean {
    if (!this.#open) return false;
    if (this.#isBlocked()) {
      this.#waitsForTurn = false;
      return false;
    }
    const held = this.#held;
    const rest = this.#handleFrame(held, 0, held.length);
    if (!this.#open) return false;
    this.#held = rest === held.length ? NO_BYTES : held.subarray(rest);
    this.#waitsForTurn = requestLength(this.#held, 0, this.#held.length) !== FRAME_INCOMPLETE;
    if (!this.#waitsForTurn) this.#readOn();
    return this.#waitsForTurn;
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#open = false;
    this.#held = NO_BYTES;
    this.#stopWaiting();
    this.#output.close();
    this.#caller.close();
    this.#onClosed(this);
  }

  #handleHeld(bytes: Uint8Array): void {
    const rest = this.#handleFrames(bytes, 0, bytes.length);
    this.#held = rest === bytes.length ? NO_BYTES : bytes.subarray(rest);
  }

  /** Handles complete frames while that may be done immediately; returns the offset of the first unhandled byte. */
  #handleFrames(bytes: Uint8Array, start: number, end: number): number {
    let offset = start;
    while (this.#open && offset < end) {
      if (this.#isBlocked()) {
        this.#stopReading();
        return offset;
      }
      if (requestLength(bytes, offset, end) === FRAME_INCOMPLETE) return offset;
      if (!this.#shared.turns.mayServeAtOnce()) {
        this.#stopReading();
        this.#waitsForTurn = true;
        this.#shared.turns.add(this);
        return offset;
      }
      offset = this.#handleFrame(bytes, offset, end);
    }
    return end;
  }

  /** Returns whether a limit is reached; `#readOn` is called once that has ended. */
  #isBlocked(): boolean {
    const { replying } = this.#shared.budget;
    if (this.#outstanding >= MAX_OUTSTANDING || this.#output.unreadBytes > MAX_UNSENT_BYTES) return true;
    if (!replying.isFull) return false;
    replying.waitForRoom(this);
    return true;
  }

  #stopReading(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#connection.setReading(false);
  }

  /**
   * Called after a response or a drain. Once half of the limits is free again, handles held frames and continues
   * reading.
   */
  #readOn(): void {
    if (this.#reading || !this.#open || this.#waitsForTurn) return;
    if (this.#outstanding > MAX_OUTSTANDING / 2 || this.#output.unreadBytes > MAX_UNSENT_BYTES / 2) return;
    this.#reading = true;
    const held = this.#held;
    this.#held = NO_BYTES;
    this.#handleHeld(held);
    if (this.#reading && this.#open) this.#connection.setReading(true);
  }

  #stopWaiting(): void {
    this.#waitsForTurn = false;
    this.#shared.turns.remove(this);
    this.#shared.budget.replying.stopWaiting(this);
  }

  #breakOff(bytes: Uint8Array, offset: number, end: number): void {
    const whole = end - offset >= FRAME_HEADER_BYTES;
    const operation = whole ? operationOf(bytes, offset) : 0;
    this.#reply(operation, whole ? requestIdOf(bytes, offset) : 0, resultOf('TBS_E_BAD_PARAMETER'));
    this.#end();
  }

  /** Handles no more frames, and closes the connection once all responses have been sent. */
  #end(): void {
    this.#open = false;
    this.#held = NO_BYTES;
    this.#stopWaiting();
    this.#connection.close(true);
  }

  /** Handles the frame at the offset, which is complete or faulty, and returns the offset after it. */
  #handleFrame(bytes: Uint8Array, offset: number, end: number): number {
    const length = requestLength(bytes, offset, end);
    if (length === FRAME_FAULT) {
      this.#breakOff(bytes, offset, end);
      return end;
    }
    this.#framesHandled++;
    this.#handleWholeFrame(bytes, offset, offset + length);
    return offset + length;
  }

  #handleWholeFrame(bytes: Uint8Array, offset: number, end: number): void {
    const operation = operationOf(bytes, offset);
    const requestId = requestIdOf(bytes, offset);
    const payload = offset + FRAME_HEADER_BYTES;
    if (!this.#greeted) this.#hello(operation, requestId, bytes.subarray(payload, end));
    else if (operation === Operation.SUBMIT) this.#submit(requestId, contextIdOf(bytes, offset), bytes, payload, end);
    else this.#call(operation, requestId, contextIdOf(bytes, offset), bytes.subarray(payload, end));
  }

  #submit(requestId: number, contextId: number, bytes: Uint8Array, start: number, end: number): void {
    const tpmVersion = this.#calls.versionOf(contextId);
    if (tpmVersion === undefined) {
      this.#reply(Operation.SUBMIT, requestId, resultOf('TBS_E_INVALID_CONTEXT'));
      return;
    }
    if (end - start < SUBMIT_FIELDS_BYTES) {
      this.#reply(Operation.SUBMIT, requestId, resultOf('TBS_E_BAD_PARAMETER'));
      return;
    }
    this.#tpmVersion = tpmVersion;
    const deadlineMs = readUint32LE(bytes, start + 8);
    this.#outstanding++;
    this.#caller.submit(
      {
        contextId,
        priority: readUint32LE(bytes, start),
        locality: readUint32LE(bytes, start + 4),
        deadlineMs: deadlineMs === 0 ? undefined : deadlineMs,
        command: bytes.slice(start + SUBMIT_FIELDS_BYTES, end),
      },
      this.#pending.take(requestId).done,
    );
  }

  #finishSubmit(requestId: number, outcome: SubmissionOutcome): void {
    this.#outstanding--;
    if (!this.#open) return;
    if (outcome.kind === 'response') {
      this.#output.replyToSubmit(requestId, 0, outcome.appliedPriority, outcome.response);
    } else {
      const { error } = outcome;
      const response = refusalResponse(error, this.#tpmVersion);
      const reason = this.#givesReasons ? reasonOf(error) : NO_BYTES;
      this.#output.replyToSubmit(requestId, error.resultCode, 0, response, reason);
    }
    if (!this.#reading) this.#readOn();
  }

  #hello(operation: number, requestId: number, payload: Uint8Array): void {
    if (operation !== Operation.HELLO || !isHello(payload)) {
      this.#reply(operation, requestId, resultOf('TBS_E_BAD_PARAMETER'));
      this.#end();
      return;
    }
    const { version, answer } = answerHello(payload, MAX_OUTSTANDING);
    this.#greeted = version !== 0;
    this.#givesReasons = version >= VERSION_WITH_REASONS;
    this.#reply(Operation.HELLO, requestId, this.#greeted ? 0 : resultOf('TBS_E_BAD_PARAMETER'), answer);
    if (!this.#greeted) this.#end();
  }

  #call(operation: number, requestId: number, contextId: number, payload: Uint8Array): void {
    let answer: Uint8Array | Promise<Uint8Array>;
    try {
      answer = this.#calls.call(operation, contextId, payload);
    } catch (error) {
      this.#reply(operation, requestId, resultOfError(error));
      return;
    }
    if (answer instanceof Uint8Array) this.#reply(operation, requestId, 0, answer);
    else this.#replyLater(operation, requestId, answer);
  }

  #replyLater(operation: number, requestId: number, answer: Promise<Uint8Array>): void {
    this.#outstanding++;
    const settle = (result: number, payload: Uint8Array): void => {
      this.#outstanding--;
      this.#reply(operation, requestId, result, payload);
      payload.fill(0); // owner authorizations pass here
      this.#readOn();
    };
    answer.then(
      (payload) => settle(0, payload),
      (error: unknown) => settle(resultOfError(error), NO_BYTES),
    );
  }

  #reply(operation: number, requestId: number, result: number, payload?: Uint8Array): void {
    if (this.#open) this.#output.reply(operation, requestId, result, payload);
  }
}
