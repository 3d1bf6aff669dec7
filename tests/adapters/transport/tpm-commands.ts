/** Commands as bytes, for tests that need particular behaviour of a TPM. */
import { uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_ST } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_ALG } from '../../../ts-core/domain/tpm20/codes.js';
import { createPrimaryRsa } from '../../support/tpm-commands.js';
import { command12 } from '../../support/tpm12-commands.js';
import * as tpm20 from '../../support/tpm20-commands.js';

/** TPM2_Startup(TPM_SU_CLEAR), TPM_Startup(TPM_ST.CLEAR). */
export const startup = (version: TpmVersion) =>
  version === '2.0' ? tpm20.startup() : command12(TPM_ORD.Startup, uint16(TPM_ST.CLEAR));

export function getRandom(version: TpmVersion, byteCount: number): Uint8Array {
  return version === '2.0' ? tpm20.getRandom(byteCount) : command12(TPM_ORD.GetRandom, uint32(byteCount));
}

/** A command that the TPM refuses with an error response: an unknown code. */
export const unknownCommand = (version: TpmVersion) =>
  version === '2.0' ? tpm20.command(0x7777, []) : command12(0x7777);

/** TPM2_CreatePrimary of an RSA-3072 storage key in the null hierarchy: takes long, and its response is big. */
export function createRsaPrimary(): Uint8Array {
  const seed = Math.floor(Math.random() * 0x100000000);
  return createPrimaryRsa(seed, 3072);
}

/** TPM2_FlushContext. */
export const flushContext = (handle: number) => tpm20.flushContext(handle);

/** TPM2_ContextSave. */
export const contextSave = (handle: number) => tpm20.contextSave(handle);

/** TPM2_PCR_Extend(PCR 20) with a SHA-256 digest of zeros, which takes a locality above 0. */
export const extendPcr20 = () =>
  tpm20.authorized(
    'PCR_Extend',
    [20],
    [...tpm20.u32(1), ...tpm20.u16(TPM_ALG.SHA256), ...new Array<number>(32).fill(0)],
  );
