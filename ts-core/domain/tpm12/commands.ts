/**
 * Commands of TPM 1.2 that need no authorization. For those that do, see authorized-command.ts.
 *
 * TPM Main Part 3: 3 (start-up), 7 (capabilities), 13 (random numbers), 16 (PCRs), 21 (contexts), 22 (eviction), 23
 * (ticks).
 */
import { HEADER_BYTES, writeHeader, writeUint16, writeUint32 } from '../tpm/command-header.js';
import { TPM_ORD, TPM_ST, TPM_TAG } from './codes.js';

/** Whether TPM_Startup restores the state that TPM_SaveState saved. */
export type StartupType = keyof typeof TPM_ST;

/** TPM_SaveContext requires a label of sixteen bytes. */
const LABEL = 'TpmTbs saved one';

export function startup(type: StartupType): Uint8Array {
  const bytes = commandOf(TPM_ORD.Startup, 2);
  writeUint16(bytes, HEADER_BYTES, TPM_ST[type]);
  return bytes;
}

export function saveState(): Uint8Array {
  return commandOf(TPM_ORD.SaveState, 0);
}

export function getRandom(lengthBytes: number): Uint8Array {
  return withUint32s(TPM_ORD.GetRandom, lengthBytes);
}

/** Without `subCapability` the area has none. */
export function getCapability(area: number, subCapability?: number): Uint8Array {
  return subCapability === undefined
    ? withUint32s(TPM_ORD.GetCapability, area, 0)
    : withUint32s(TPM_ORD.GetCapability, area, 4, subCapability);
}

export function getTicks(): Uint8Array {
  return commandOf(TPM_ORD.GetTick, 0);
}

export function pcrRead(index: number): Uint8Array {
  return withUint32s(TPM_ORD.PcrRead, index);
}

/** Extends a PCR with a SHA-1 digest. */
export function extend(index: number, digest: Uint8Array): Uint8Array {
  const bytes = commandOf(TPM_ORD.Extend, 4 + digest.length);
  writeUint32(bytes, HEADER_BYTES, index);
  bytes.set(digest, HEADER_BYTES + 4);
  return bytes;
}

export function saveContext(handle: number, resourceType: number): Uint8Array {
  const bytes = commandOf(TPM_ORD.SaveContext, 8 + LABEL.length);
  writeUint32(bytes, HEADER_BYTES, handle);
  writeUint32(bytes, HEADER_BYTES + 4, resourceType);
  for (let index = 0; index < LABEL.length; index++) bytes[HEADER_BYTES + 8 + index] = LABEL.charCodeAt(index);
  return bytes;
}

/**
 * Loads a TPM_CONTEXT_BLOB. `entityHandle`: the key, NV index or counter to which an OSAP or DSAP session is bound; 0
 * for everything else. keepHandle is false, since callers see virtual handles.
 */
export function loadContext(blob: Uint8Array, entityHandle: number): Uint8Array {
  const bytes = commandOf(TPM_ORD.LoadContext, 9 + blob.length);
  writeUint32(bytes, HEADER_BYTES, entityHandle);
  writeUint32(bytes, HEADER_BYTES + 5, blob.length);
  bytes.set(blob, HEADER_BYTES + 9);
  return bytes;
}

export function flushSpecific(handle: number, resourceType: number): Uint8Array {
  return withUint32s(TPM_ORD.FlushSpecific, handle, resourceType);
}

function withUint32s(ordinal: number, ...values: readonly number[]): Uint8Array {
  const bytes = commandOf(ordinal, 4 * values.length);
  for (const [index, value] of values.entries()) writeUint32(bytes, HEADER_BYTES + 4 * index, value);
  return bytes;
}

function commandOf(ordinal: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
  writeHeader(bytes, TPM_TAG.RQU_COMMAND, ordinal);
  return bytes;
}
