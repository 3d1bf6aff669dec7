/**
 * The command inside TPM_ExecuteTransport, and its result.
 *
 * TPM 1.2 Main specification, Part 3, 24.2 "TPM_ExecuteTransport". Command: header, wrappedCmdSize (4), wrappedCmd,
 * transHandle, authorization. Response: header, currentTicks (8), locality (4), wrappedRspSize (4), wrappedRsp,
 * authorization. With TPM_TRANSPORT_ENCRYPT only what follows the wrapped command's header and handles is encrypted, so
 * that ordinal and result are always readable.
 */
import { HEADER_BYTES, readUint16, readUint32 } from '../tpm/command-header.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD_ExecuteTransport } from './ordinal-codes.js';

const WRAPPED_COMMAND_OFFSET = HEADER_BYTES + 4;
const WRAPPED_RESPONSE_SIZE_OFFSET = HEADER_BYTES + 8 + 4;
const WRAPPED_RESPONSE_OFFSET = WRAPPED_RESPONSE_SIZE_OFFSET + 4;

export interface WrappedCommand {
  readonly tag: number;
  readonly ordinal: number;
  /** Where the wrapped command starts in the outer one, and how long it is. */
  readonly offset: number;
  readonly lengthBytes: number;
}

/** The wrapped command of a whole TPM_ExecuteTransport command; undefined when there is none to read. Never throws. */
export function wrappedCommandOf(command: Uint8Array): WrappedCommand | undefined {
  if (command.length < WRAPPED_COMMAND_OFFSET + HEADER_BYTES) return undefined;
  const lengthBytes = readUint32(command, HEADER_BYTES);
  if (lengthBytes < HEADER_BYTES || lengthBytes > command.length - WRAPPED_COMMAND_OFFSET) return undefined;
  if (readUint32(command, WRAPPED_COMMAND_OFFSET + 2) !== lengthBytes) return undefined;
  return {
    tag: readUint16(command, WRAPPED_COMMAND_OFFSET),
    ordinal: readUint32(command, WRAPPED_COMMAND_OFFSET + 6),
    offset: WRAPPED_COMMAND_OFFSET,
    lengthBytes,
  };
}

/** The wrapped result of a whole, successful TPM_ExecuteTransport response; undefined when there is none to read. */
export function wrappedResultOf(response: Uint8Array): number | undefined {
  if (response.length < WRAPPED_RESPONSE_OFFSET + HEADER_BYTES) return undefined;
  const lengthBytes = readUint32(response, WRAPPED_RESPONSE_SIZE_OFFSET);
  if (lengthBytes < HEADER_BYTES || lengthBytes > response.length - WRAPPED_RESPONSE_OFFSET) return undefined;
  return readUint32(response, WRAPPED_RESPONSE_OFFSET + 6);
}

/** The code of the command that acts: the inner one under TPM_ExecuteTransport, otherwise the command's own. */
export function actingCodeOf(version: TpmVersion, code: number, command: Uint8Array): number {
  if (version !== '1.2' || code !== TPM_ORD_ExecuteTransport) return code;
  return wrappedCommandOf(command)?.ordinal ?? code;
}
