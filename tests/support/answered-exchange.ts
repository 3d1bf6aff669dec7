/** Runs an exchange with a test's responses, and records the commands that it sends. */
import { concat, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, writeUint16, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import { TPM_ST } from '../../ts-core/domain/tpm20/codes.js';

export interface AnsweredExchange<Result> {
  readonly result: Result;
  readonly sent: readonly Uint8Array[];
}

/** Runs an exchange with these answers, in order; a function receives the command. Throws if there are too few. */
export function answered<Result>(
  exchange: Exchange<Result>,
  ...answers: readonly (Uint8Array | ((command: Uint8Array) => Uint8Array))[]
): AnsweredExchange<Result> {
  const sent: Uint8Array[] = [];
  let step = exchange.next();
  while (step.done !== true) {
    const answer = answers[sent.length];
    if (answer === undefined) throw new Error(`no answer to command ${sent.length + 1}`);
    sent.push(step.value.slice());
    step = exchange.next(answer instanceof Uint8Array ? answer : answer(step.value));
  }
  return { result: step.value, sent };
}

/** Returns a successful response with this body after its header. */
export function success(...body: readonly Uint8Array[]): Uint8Array {
  const response = concat(errorResponse('2.0', 0), ...body);
  writeUint32(response, 2, response.length);
  return response;
}

/** Returns a successful response of a TPM 2.0 to a command with one password session. */
export function successWithSession(
  parameters: Uint8Array = new Uint8Array(),
  ...handles: readonly number[]
): Uint8Array {
  const session = Uint8Array.of(0, 0, 1, 0, 0);
  const response = success(...handles.map(uint32), uint32(parameters.length), parameters, session);
  writeUint16(response, 0, TPM_ST.SESSIONS);
  return response;
}
