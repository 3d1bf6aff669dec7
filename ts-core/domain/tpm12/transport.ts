/**
 * Finds the command inside TPM_ExecuteTransport, and its response.
 *
 * TPM Main Part 3, 24.2 "TPM_ExecuteTransport". Command: header, wrappedCmdSize (4), wrappedCmd, and the authorization
 * of the transport session. Response: header, currentTicks (8), locality (4), wrappedRspSize (4), wrappedRsp,
 * authorization. With TPM_TRANSPORT_ENCRYPT only what follows the wrapped command's header and handles is encrypted, so
 * that ordinal, handles and result are always readable.
 */
import {
  commandCodeOf,
  HEADER_BYTES,
  isWholeResponse,
  readUint16,
  readUint32,
  responseCodeOf,
} from '../tpm/command-header.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD, TPM_RESULT, TPM_TAG } from './codes.js';
import { COMMAND_AUTH_BYTES } from './structures.js';

export const WRAPPED_COMMAND_OFFSET = HEADER_BYTES + 4;
const WRAPPED_RESPONSE_SIZE_OFFSET = HEADER_BYTES + 8 + 4;
const WRAPPED_RESPONSE_OFFSET = WRAPPED_RESPONSE_SIZE_OFFSET + 4;

/**
 * Ordinals that the broker refuses inside TPM_ExecuteTransport. Most load, save or end keys and sessions in ways that
 * the broker could not follow there; Microsoft's documentation of TBS names those as well. The others only the broker
 * may send (start-up), or they are no longer supported at all (TPM_ChangeAuthAsym).
 */
export const REFUSED_INSIDE_TRANSPORT: ReadonlySet<number> = new Set([
  TPM_ORD.EstablishTransport,
  TPM_ORD.ExecuteTransport,
  TPM_ORD.ReleaseTransportSigned,
  TPM_ORD.Terminate_Handle,
  TPM_ORD.LoadKey,
  TPM_ORD.EvictKey,
  TPM_ORD.SaveKeyContext,
  TPM_ORD.LoadKeyContext,
  TPM_ORD.SaveAuthContext,
  TPM_ORD.LoadAuthContext,
  TPM_ORD.SaveContext,
  TPM_ORD.LoadContext,
  TPM_ORD.FlushSpecific,
  TPM_ORD.DAA_JOIN,
  TPM_ORD.DAA_SIGN,
  TPM_ORD.ChangeAuthAsymStart,
  TPM_ORD.ChangeAuthAsymFinish,
  TPM_ORD.Startup,
  TPM_ORD.Init,
  TPM_ORD.Reset,
]);

/**
 * Returns the command inside TPM_ExecuteTransport, as a view; undefined if its size, tag and place do not agree with
 * those of the outer command. Never throws.
 */
export function wrappedCommandOf(command: Uint8Array): Uint8Array | undefined {
  if (command.length < WRAPPED_COMMAND_OFFSET + HEADER_BYTES + COMMAND_AUTH_BYTES) return undefined;
  const size = readUint32(command, HEADER_BYTES);
  if (size !== command.length - WRAPPED_COMMAND_OFFSET - COMMAND_AUTH_BYTES) return undefined;
  const inner = command.subarray(WRAPPED_COMMAND_OFFSET, WRAPPED_COMMAND_OFFSET + size);
  const tag = readUint16(inner, 0);
  const hasCommandTag = tag >= TPM_TAG.RQU_COMMAND && tag <= TPM_TAG.RQU_AUTH2_COMMAND;
  return hasCommandTag && readUint32(inner, 2) === size ? inner : undefined;
}

/**
 * Returns the response inside a response to TPM_ExecuteTransport, as a view; undefined unless the outer one succeeded.
 */
export function wrappedResponseOf(response: Uint8Array): Uint8Array | undefined {
  if (response.length < WRAPPED_RESPONSE_OFFSET + HEADER_BYTES) return undefined;
  if (responseCodeOf(response) !== TPM_RESULT.SUCCESS) return undefined;
  const size = readUint32(response, WRAPPED_RESPONSE_SIZE_OFFSET);
  const inner = response.subarray(WRAPPED_RESPONSE_OFFSET, WRAPPED_RESPONSE_OFFSET + size);
  return isWholeResponse(inner) ? inner : undefined;
}

/** Returns the code of the command that acts: the inner one under TPM_ExecuteTransport, otherwise the command's own. */
export function actingCodeOf(version: TpmVersion, code: number, command: Uint8Array): number {
  if (version !== '1.2' || code !== TPM_ORD.ExecuteTransport) return code;
  const inner = wrappedCommandOf(command);
  return inner === undefined ? code : commandCodeOf(inner);
}
