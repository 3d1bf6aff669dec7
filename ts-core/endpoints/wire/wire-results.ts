/** Results of the wire protocol: the codes of TBS as numbers, and the reasons of refusals as text. */
import { asTbsError, TBS_RESULTS, type TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import { FRAME_HEADER_BYTES, MAX_REASON_BYTES, Operation, writeResponseHeader } from './frame.js';

/** Returns the frame for a connection that is refused immediately; see "Faults" in docs/wire-protocol.md. */
export function refusalFrame(symbol: TbsSymbol): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES);
  writeResponseHeader(frame, Operation.HELLO, 0, resultOf(symbol), 0);
  return frame;
}

export function resultOf(symbol: TbsSymbol): number {
  return TBS_RESULTS[symbol].code;
}

/** Returns an error's code; of an unknown error, the caller learns only that it happened. */
export function resultOfError(error: unknown): number {
  return asTbsError(error).resultCode;
}

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const encoder = new TextEncoder();

/**
 * Returns why a command was refused and what lifts that, as one line of UTF-8 of at most MAX_REASON_BYTES. Names in it,
 * such as a GPO's, are other people's text and may end up on a terminal, so control characters become spaces.
 */
export function reasonOf({ message, action }: TbsError): Uint8Array {
  const reason = new Uint8Array(MAX_REASON_BYTES);
  const { written } = encoder.encodeInto(`${message} ${action}`.replace(CONTROL_CHARACTERS, ' '), reason);
  return reason.subarray(0, written);
}
