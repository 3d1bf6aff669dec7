/**
 * Commands of TPM 2.0 that need no authorization. For those that do, see authorized-command.ts.
 *
 * TPM 2.0 Library Part 3: 9 (start-up), 16 (random numbers), 22 (PCRs), 28 (contexts), 29 (clock), 30 (capabilities).
 */
import { HEADER_BYTES, writeHeader, writeUint16, writeUint32 } from '../tpm/command-header.js';
import { TPM_CC, TPM_ST, TPM_SU } from './codes.js';

/** How much of the TPM's volatile state TPM2_Startup restores and TPM2_Shutdown saves. */
export type StartupType = keyof typeof TPM_SU;

const PCR_SELECT_BYTES = 3;

export function startup(type: StartupType): Uint8Array {
  return withUint16(TPM_CC.Startup, TPM_SU[type]);
}

export function shutdown(type: StartupType): Uint8Array {
  return withUint16(TPM_CC.Shutdown, TPM_SU[type]);
}

export function getRandom(lengthBytes: number): Uint8Array {
  return withUint16(TPM_CC.GetRandom, lengthBytes);
}

/** Asks for `count` values of a capability, from `property` on. */
export function getCapability(capability: number, property: number, count: number): Uint8Array {
  const bytes = commandOf(TPM_CC.GetCapability, 12);
  writeUint32(bytes, HEADER_BYTES, capability);
  writeUint32(bytes, HEADER_BYTES + 4, property);
  writeUint32(bytes, HEADER_BYTES + 8, count);
  return bytes;
}

export function readClock(): Uint8Array {
  return commandOf(TPM_CC.ReadClock, 0);
}

/** Reads PCRs of one bank. A TPM returns as many values as fit into a response and says which. */
export function pcrRead(algorithm: number, indexes: readonly number[]): Uint8Array {
  const bytes = commandOf(TPM_CC.PCR_Read, 4 + 3 + PCR_SELECT_BYTES);
  writeUint32(bytes, HEADER_BYTES, 1);
  writeUint16(bytes, HEADER_BYTES + 4, algorithm);
  bytes[HEADER_BYTES + 6] = PCR_SELECT_BYTES;
  const select = bytes.subarray(HEADER_BYTES + 7);
  for (const index of indexes) select[index >> 3] = (select[index >> 3] as number) | (1 << (index & 7));
  return bytes;
}

/** Saves a loaded object or session. */
export function contextSave(handle: number): Uint8Array {
  return withHandle(TPM_CC.ContextSave, handle);
}

/** Loads a TPMS_CONTEXT as TPM2_ContextSave returned it. */
export function contextLoad(blob: Uint8Array): Uint8Array {
  const bytes = commandOf(TPM_CC.ContextLoad, blob.length);
  bytes.set(blob, HEADER_BYTES);
  return bytes;
}

export function flushContext(handle: number): Uint8Array {
  return withHandle(TPM_CC.FlushContext, handle);
}

function withHandle(code: number, handle: number): Uint8Array {
  const bytes = commandOf(code, 4);
  writeUint32(bytes, HEADER_BYTES, handle);
  return bytes;
}

function withUint16(code: number, value: number): Uint8Array {
  const bytes = commandOf(code, 2);
  writeUint16(bytes, HEADER_BYTES, value);
  return bytes;
}

function commandOf(code: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
  writeHeader(bytes, TPM_ST.NO_SESSIONS, code);
  return bytes;
}
