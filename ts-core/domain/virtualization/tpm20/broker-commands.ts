/** Commands that the virtualizer sends on its own account, and what it reads from their responses. */
import {
  HEADER_BYTES,
  readUint32,
  responseCodeOf,
  TPM_ST_NO_SESSIONS,
  writeUint16,
  writeUint32,
} from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  TPM_CC_CONTEXT_LOAD,
  TPM_CC_CONTEXT_SAVE,
  TPM_CC_FLUSH_CONTEXT,
  TPM_CC_GET_CAPABILITY,
  TPM_CC_READ_CLOCK,
  TPM_CC_STARTUP,
  TPM_RC_SUCCESS,
} from '../../tpm20/codes.js';

function command(code: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
  writeUint16(bytes, 0, TPM_ST_NO_SESSIONS);
  writeUint32(bytes, 2, bytes.length);
  writeUint32(bytes, 6, code);
  return bytes;
}

/** TPM2_ContextSave of a loaded object or session. */
export function contextSaveCommand(handle: number): Uint8Array {
  const bytes = command(TPM_CC_CONTEXT_SAVE, 4);
  writeUint32(bytes, HEADER_BYTES, handle);
  return bytes;
}

/** TPM2_ContextLoad of a TPMS_CONTEXT as ContextSave returned it. */
export function contextLoadCommand(blob: Uint8Array): Uint8Array {
  const bytes = command(TPM_CC_CONTEXT_LOAD, blob.length);
  bytes.set(blob, HEADER_BYTES);
  return bytes;
}

export function flushContextCommand(handle: number): Uint8Array {
  const bytes = command(TPM_CC_FLUSH_CONTEXT, 4);
  writeUint32(bytes, HEADER_BYTES, handle);
  return bytes;
}

export function getCapabilityCommand(capability: number, property: number, count: number): Uint8Array {
  const bytes = command(TPM_CC_GET_CAPABILITY, 12);
  writeUint32(bytes, HEADER_BYTES, capability);
  writeUint32(bytes, HEADER_BYTES + 4, property);
  writeUint32(bytes, HEADER_BYTES + 8, count);
  return bytes;
}

export type StartupType = 'clear' | 'state';

export function startupCommand(type: StartupType): Uint8Array {
  const bytes = command(TPM_CC_STARTUP, 2);
  writeUint16(bytes, HEADER_BYTES, type === 'state' ? 1 : 0);
  return bytes;
}

/** A successful response that carries nothing. */
export function emptySuccess(): Uint8Array {
  return successResponse(new Uint8Array(0));
}

/** A successful response without sessions. */
export function successResponse(body: Uint8Array): Uint8Array {
  const bytes = command(TPM_RC_SUCCESS, body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** How often the TPM was reset and restarted (TPMS_CLOCK_INFO): whether it is still the run that a snapshot speaks of. */
export interface ResetCounts {
  readonly resetCount: number;
  readonly restartCount: number;
}

/** TPM2_ReadClock; undefined when the TPM does not tell. */
export function* readResetCounts(): Exchange<ResetCounts | undefined> {
  const response = yield command(TPM_CC_READ_CLOCK, 0);
  // TPMS_TIME_INFO: time (8), clock (8), resetCount (4), restartCount (4), safe (1)
  if (responseCodeOf(response) !== TPM_RC_SUCCESS || response.length < HEADER_BYTES + 24) return undefined;
  return {
    resetCount: readUint32(response, HEADER_BYTES + 16),
    restartCount: readUint32(response, HEADER_BYTES + 20),
  };
}
