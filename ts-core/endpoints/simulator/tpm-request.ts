/** TPM commands as requests of a byte stream, and refusals in the form of TPM responses. */
import { TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import { HEADER_BYTES, readUint16, readUint32 } from '../../domain/tpm/command-header.js';
import { refusalResponse } from '../../domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_ST } from '../../domain/tpm20/codes.js';
import type { RequestExtent } from './request-connection.js';

/** No TPM accepts commands this long; the broker also enforces its own TPM's limit. */
export const MAX_COMMAND_BYTES = 65_536;

/** Returns a command's extent from the size field of its header. */
export function commandExtent(received: Uint8Array): RequestExtent {
  if (received.length < HEADER_BYTES) return { kind: 'incomplete' };
  const bytes = readUint32(received, 2);
  if (bytes < HEADER_BYTES) return { kind: 'refused', reply: refusalFor(received, 'TBS_E_BAD_PARAMETER') };
  if (bytes > MAX_COMMAND_BYTES) return { kind: 'refused', reply: refusalFor(received, 'TBS_E_BUFFER_TOO_LARGE') };
  return received.length < bytes ? { kind: 'incomplete' } : { kind: 'complete', bytes };
}

/** Returns the TPM version in whose format a command is written, judging by its tag. */
export function versionOfCommand(command: Uint8Array): TpmVersion {
  return command.length >= 2 && readUint16(command, 0) < TPM_ST.NO_SESSIONS ? '1.2' : '2.0';
}

function refusalFor(command: Uint8Array, symbol: TbsSymbol): Uint8Array {
  return refusalResponse(new TbsError(symbol), versionOfCommand(command));
}
