/**
 * One connection of the wire endpoint: frames in, calls to the application, frames out. See docs/wire-protocol.md.
 *
 * Memory is limited to less than one receive buffer of unhandled requests, MAX_OUTSTANDING submissions and
 * MAX_UNSENT_BYTES of responses (besides those of submissions in progress), and for all connections of one user
 * together to the user's budget. Beyond that, the input stops reading.
 */
import type { CallerConnection, SubmissionOutcome } from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';
import { refusalResponse } from '../../domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { ByteConnection, ByteConnectionEvents } from '../byte-connection.js';
import type { MessageRooms } from '../message-rooms.js';
import { SlowPeer } from '../slow-peer.js';
import type { UserByteBudget } from '../user-byte-budgets.js';
import type { UserTurns } from '../user-turns.js';
import {
  answerHello,
  contextIdOf,
  FRAME_HEADER_BYTES,
  isHello,
  NO_BYTES,
  Operation,
  operationOf,
  readUint32LE,
  requestIdOf,
  SUBMIT_FIELDS_BYTES,
  VERSION_WITH_REASONS,
} from './frame.js';
import { PendingSubmissions } from './pending-submissions.js';
import { WireCalls } from './wire-calls.js';
import { type FrameHandler, WireInput } from './wire-input.js';
import { WireOutput } from './wire-output.js';
import { reasonOf, resultOf, resultOfError } from './wire-results.js';
import type { WireServices } from './wire-services.js';

export const MAX_OUTSTANDING = 64;
export const MAX_UNSENT_BYTES = 65536;

/** What the sessions of one user share (the budget), and what all users share (the turns). */
export interface SharedCost {
  readonly turns: UserTurns;
  readonly budget: UserByteBudget;
  /** Memory for frames that wait. */
  readonly rooms: MessageRooms;
  /** Time for a peer to complete a frame, and to read responses that delay others. */
  readonly slowPeerTimeoutMs: number;
}

export class WireSession implements ByteConnectionEvents, FrameHandler {
  readonly #connection: ByteConnection;
  readonly #caller: CallerConnection;
  readonly #calls: WireCalls;
  readonly #onClosed: (session: WireSession) => void;
  readonly #pending = new PendingSubmissions((requestId, outcome) => this.#finishSubmit(requestId, outcome));
  #outstanding = 0;
  #greeted = false;
  #givesReasons = false;
  #open = true;
  #isClosed = false;
  /** Refusals use the response format of the TPM version that the client opened. */
  #tpmVersion: TpmVersion = '2.0';
  readonly #shared: SharedCost;
  readonly #slowPeer: SlowPeer;
  readonly #input: WireInput;
  readonly #output: WireOutput;

  constructor(
    connection: ByteConnection,
    caller: CallerConnection,
    services: WireServices,
    shared: SharedCost,
    onClosed: (session: WireSession) => void,
  ) {
    this.#shared = shared;
    this.#slowPeer = new SlowPeer(shared.slowPeerTimeoutMs);
    this.#input = new WireInput(connection, caller.caller.userKey, shared, this);
    this.#output = new WireOutput(connection, shared.budget.replying);
    this.#connection = connection;
    this.#caller = caller;
    this.#calls = new WireCalls(caller, services);
    this.#onClosed = onClosed;
    connection.events = this;
  }

  get caller(): Caller {
    return this.#caller.caller;
  }

  /**
   * Closes the connection in a turn if the peer takes too long to complete HELLO or another frame, or to read responses. It
   * compares the state at each call with that at the previous one, so that no frame needs a timer.
   */
  checkPeer(nowMs: number): void {
    const input = this.#input;
    const owesFrame = this.#open && input.isReading && (!this.#greeted || input.hasPartOfFrame);
    const unread = this.#output.unreadBytes;
    const mustRead = !this.#open || unread > MAX_UNSENT_BYTES || (unread > 0 && this.#shared.budget.replying.isFull);
    const tooSlow = [
      this.#slowPeer.sendsTooSlowly(nowMs, owesFrame ? input.framesHandled : undefined),
      this.#slowPeer.readsTooSlowly(nowMs, mustRead, this.#output.deliveredBytes),
    ];
    if (tooSlow.includes(true)) this.#shared.turns.addOnce(this.caller.userKey, () => this.close());
  }

  /** Releases the client's resources immediately: if the broker stops, the TPM is unreachable once the socket closes. */
  close(): void {
    this.#connection.close(false);
    this.closed();
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    this.#input.received(bytes, start, end);
  }

  drained(): void {
    this.#output.updateCharge();
    this.#input.readOn();
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#open = false;
    this.#input.end();
    this.#output.close();
    this.#caller.close();
    this.#onClosed(this);
  }

  get isAtLimit(): boolean {
    return this.#outstanding >= MAX_OUTSTANDING || this.#output.unreadBytes > MAX_UNSENT_BYTES;
  }

  get hasRoom(): boolean {
    return this.#outstanding <= MAX_OUTSTANDING / 2 && this.#output.unreadBytes <= MAX_UNSENT_BYTES / 2;
  }

  handleFrame(bytes: Uint8Array, offset: number, end: number): void {
    const operation = operationOf(bytes, offset);
    const requestId = requestIdOf(bytes, offset);
    const payload = offset + FRAME_HEADER_BYTES;
    if (!this.#greeted) this.#hello(operation, requestId, bytes.subarray(payload, end));
    else if (operation === Operation.SUBMIT) this.#submit(requestId, contextIdOf(bytes, offset), bytes, payload, end);
    else this.#call(operation, requestId, contextIdOf(bytes, offset), bytes.subarray(payload, end));
  }

  handleFault(bytes: Uint8Array, offset: number, end: number): void {
    const whole = end - offset >= FRAME_HEADER_BYTES;
    const operation = whole ? operationOf(bytes, offset) : 0;
    this.#reply(operation, whole ? requestIdOf(bytes, offset) : 0, resultOf('TBS_E_BAD_PARAMETER'));
    this.#end();
  }

  /** Handles no more frames, and closes the connection once all responses have been sent. */
  #end(): void {
    this.#open = false;
    this.#input.end();
    this.#connection.close(true);
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
    this.#input.readOn();
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
      this.#input.readOn();
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
