/** Commands that both versions of the TPM have, for tests that run with either. */
import { uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_ST } from '../../ts-core/domain/tpm12/codes.js';
import { command12 } from './tpm12-commands.js';
import * as tpm20 from './tpm20-commands.js';

/** TPM2_Startup(TPM_SU_CLEAR), TPM_Startup(TPM_ST_CLEAR). */
export function startup(version: TpmVersion): Uint8Array {
  return version === '2.0' ? tpm20.startup() : command12(TPM_ORD.Startup, uint16(TPM_ST.CLEAR));
}

export function getRandom(version: TpmVersion, byteCount: number): Uint8Array {
  return version === '2.0' ? tpm20.getRandom(byteCount) : command12(TPM_ORD.GetRandom, uint32(byteCount));
}

/** A command that the TPM refuses with an error response: an unknown code. */
export function unknownCommand(version: TpmVersion): Uint8Array {
  return version === '2.0' ? tpm20.command(0x7777, []) : command12(0x7777);
}
