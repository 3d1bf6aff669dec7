/** Result codes of the wire protocol: those of TBS, as numbers. */
import { asTbsError, TBS_RESULTS, type TbsSymbol } from '../../domain/tbs-error.js';
import { FRAME_HEADER_BYTES, Operation, writeResponseHeader } from './frame.js';

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
