/** The arguments of JSON-RPC handlers: a session of a caller, and the parts of the application that they use. */
import type { Application } from '../../ts-core/application/application.js';
import type { CallerConnection } from '../../ts-core/application/commands/caller-connection.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import type { InTurn } from '../../ts-core/endpoints/rpc/handler.js';
import { JsonTexts } from '../../ts-core/endpoints/rpc/json-rpc.js';
import type { RpcSession } from '../../ts-core/endpoints/rpc/rpc-session.js';

export interface TestSession extends RpcSession {
  /** The notifications that were sent: method and parameters. */
  readonly sent: (readonly [string, unknown])[];
  /** Ends the connection. */
  end(): void;
}

interface SessionOptions {
  readonly tpm?: Partial<CallerConnection>;
  /** Whether the client reads now. */
  readonly reads?: () => boolean;
}

export function sessionOf(caller: Caller, { tpm = {}, reads = () => true }: SessionOptions = {}): TestSession {
  const sent: (readonly [string, unknown])[] = [];
  const atEnd: (() => void)[] = [];
  return {
    caller,
    tpm: tpm as CallerConnection,
    transientContexts: new Set(),
    sent,
    notify: (method, params) => {
      if (!reads()) return false;
      sent.push([method, typeof params === 'function' ? params() : params]);
      return true;
    },
    onEnd: (callback) => void atEnd.push(callback),
    end: () => {
      for (const callback of atEnd) callback();
    },
  };
}

/** Takes all steps of an answer, and returns the result. */
export function resultIn<Result>(answer: InTurn<Result>): Result {
  const steps = answer.steps();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value instanceof JsonTexts ? JSON.parse(value.texts.join('')) : value;
  }
}

/** The use cases that a handler calls; every other one is missing, so that calling it fails the test. */
export function applicationWith(
  parts: { readonly [Part in keyof Application]?: Partial<Application[Part]> },
): Application {
  return parts as Application;
}
