/**
 * Serves the calls of one connection through the handlers: checks access, and replies with results or errors.
 *
 * The reply to a call that had to wait is sent in a turn of its user too, because many calls may wait for the same value
 * and then finish at the same moment.
 */
import type { Log } from '../../application/ports/logs.js';
import { TbsError } from '../../domain/tbs-error.js';
import { requireAccess } from '../access.js';
import type { ByteBudget } from '../user-byte-budgets.js';
import { InTurn, type RpcHandler } from './handler.js';
import { type Call, type CallId, errorReply, METHOD_NOT_FOUND, resultReply } from './json-rpc.js';
import type { MessageReplies } from './message-replies.js';
import { toRpcError } from './rpc-error.js';
import type { RpcSession } from './rpc-session.js';

export interface RpcCallsParts {
  readonly session: RpcSession;
  readonly handlers: ReadonlyMap<string, RpcHandler>;
  readonly maxOutstandingCalls: number;
  /** Limit of the replies that one batch holds (limits.unreadReplyBytes). */
  readonly maxBatchReplyBytes: number;
  /** The budget that is charged for calls in progress. */
  readonly budget: ByteBudget;
  readonly log: Log;
  /** Called when a call that had to wait has finished, so `answerFinished` is due. */
  readonly onFinished: () => void;
  /** Called when calls may be served again after `mayServe` returned false. */
  readonly onRoomAgain: () => void;
}

/** Limit for quoting a method's name in an error, because the caller may send a name of any length. */
const MAX_QUOTED_NAME = 80;

/** A call that had to wait, with its outcome. */
interface FinishedCall {
  readonly call: Call;
  readonly replies: MessageReplies;
  readonly charge: number;
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
  /** The steps of an answer that have begun. */
  steps?: Iterator<undefined, unknown>;
}

export class RpcCalls {
  /** Includes the calls that have finished and are not answered yet. */
  #outstanding = 0;
  readonly #finished: FinishedCall[] = [];
  #waits = false;
  #closed = false;
  readonly #parts: RpcCallsParts;

  constructor(parts: RpcCallsParts) {
    this.#parts = parts;
  }

  mayServe(): boolean {
    this.#waits = this.#outstanding >= this.#parts.maxOutstandingCalls;
    return !this.#waits;
  }

  /** Serves a call. `charge` is the number of bytes that the call may hold until it is answered. */
  serve(call: Call, replies: MessageReplies, charge: number): void {
    const { session, handlers, maxBatchReplyBytes } = this.#parts;
    const { id, method, params } = call;
    const handler = handlers.get(method);
    if (handler === undefined) {
      const message = `There is no method ${method.slice(0, MAX_QUOTED_NAME)}.`;
      this.#answer(id, replies, (known) => [errorReply(known, { code: METHOD_NOT_FOUND, message })]);
      return;
    }
    try {
      replies.requireRoom({ bytes: maxBatchReplyBytes, setting: 'limits.unreadReplyBytes' });
      requireAccess(handler.method, session.caller);
      const result = handler.serve(session, params);
      if (result instanceof Promise) this.#answerLater(result, call, replies, charge);
      else this.#answer(id, replies, (known) => resultReply(known, result));
    } catch (error) {
      this.#fail(error, call, replies);
    }
  }

  get hasFinished(): boolean {
    return this.#finished.length > 0;
  }

  /** Whether an answer has begun that is built in steps. */
  get isAnswering(): boolean {
    return this.#finished[0]?.steps !== undefined;
  }

  /** Answers the call that finished first, or takes a step of its answer. Returns whether there was a call. */
  answerFinished(): boolean {
    const [finished] = this.#finished;
    if (finished === undefined) return false;
    const { call, replies, charge, outcome } = finished;
    try {
      if ('error' in outcome) throw outcome.error;
      let result: unknown = outcome.value;
      if (result instanceof InTurn) {
        finished.steps ??= result.steps();
        const step = finished.steps.next();
        if (step.done !== true) return true;
        result = step.value;
      }
      this.#answer(call.id, replies, (id) => resultReply(id, result));
    } catch (error) {
      this.#fail(error, call, replies);
    }
    this.#finished.shift();
    this.#outstanding--;
    this.#parts.budget.give(charge);
    this.#wake();
    return true;
  }

  /** The client is gone, so calls in progress are not answered. */
  close(): void {
    this.#closed = true;
    for (const { charge } of this.#finished.splice(0)) this.#parts.budget.give(charge);
  }

  #answerLater(result: Promise<unknown>, call: Call, replies: MessageReplies, charge: number): void {
    this.#outstanding++;
    this.#parts.budget.take(charge);
    const finish = (outcome: FinishedCall['outcome']): void => {
      if (this.#closed) {
        this.#parts.budget.give(charge);
        return;
      }
      this.#finished.push({ call, replies, charge, outcome });
      this.#parts.onFinished();
    };
    result.then(
      (value: unknown) => finish({ value }),
      (error: unknown) => finish({ error }),
    );
  }

  #wake(): void {
    if (!this.#waits || this.#closed || this.#outstanding > this.#parts.maxOutstandingCalls / 2) return;
    this.#waits = false;
    this.#parts.onRoomAgain();
  }

  /** A notification has no id and is not answered. */
  #answer(id: CallId | undefined, replies: MessageReplies, texts: (id: CallId) => readonly string[]): void {
    if (!this.#closed) replies.add(...(id === undefined ? [] : texts(id)));
  }

  #fail(error: unknown, { id, method }: Call, replies: MessageReplies): void {
    if (!(error instanceof TbsError) || error.symbol === 'TBS_E_INTERNAL_ERROR') {
      this.#parts.log.error({ error, method }, 'a call failed');
    }
    this.#answer(id, replies, (known) => [errorReply(known, toRpcError(error))]);
  }
}
