/** Runs an exchange with the responses of a test, and records what was sent. */
import { concat, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, writeUint16, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import { TPM_ST } from '../../ts-core/domain/tpm20/codes.js';

export interface AnsweredExchange<Result> {
  readonly result: Result;
  readonly sent: readonly Uint8Array[];
}

/** The answers are given in order; a function is asked with the command. Too few of them are an error of the test. */
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

/** A successful response with this body behind its header. */
export function success(...body: readonly Uint8Array[]): Uint8Array {
  const response = concat(errorResponse('2.0', 0), ...body);
  writeUint32(response, 2, response.length);
  return response;
}

/** A successful response of a TPM 2.0 to a command with one password session. */
export function successWithSession(
  parameters: Uint8Array = new Uint8Array(),
  ...handles: readonly number[]
): Uint8Array {
  const session = Uint8Array.of(0, 0, 1, 0, 0);
  const response = success(...handles.map(uint32), uint32(parameters.length), parameters, session);
  writeUint16(response, 0, TPM_ST.SESSIONS);
  return response;
}
