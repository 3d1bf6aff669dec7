/**
 * Asks the TPM whether it implements a command. TPM 2.0 Library Part 2, 6.12 TPM_CAP_COMMANDS; TPM Main Part 2, 21.1
 * TPM_CAP_ORD.
 */
import { TPM_CAP as TPM_CAP12 } from '../tpm12/codes.js';
import * as tpm12 from '../tpm12/commands.js';
import { isSuccess as isSuccess12 } from '../tpm12/responses.js';
import { TPM_CAP as TPM_CAP20 } from '../tpm20/codes.js';
import * as tpm20 from '../tpm20/commands.js';
import { isSuccess as isSuccess20 } from '../tpm20/responses.js';
import { decodeCommandAttributes } from '../tpm20/structures.js';
import { HEADER_BYTES, readUint32 } from './command-header.js';
import type { Exchange } from './exchange.js';

/** TPM2_GetCapability lists commands starting at a code, so the first one listed is the requested one if it exists. */
export function* offersCommand20(code: number): Exchange<boolean> {
  const response = yield tpm20.getCapability(TPM_CAP20.COMMANDS, code, 1);
  // moreData (1), capability (4), count (4), then TPMA_CC.
  const first = HEADER_BYTES + 9;
  if (!isSuccess20(response) || response.length < first + 4) return false;
  return decodeCommandAttributes(readUint32(response, first)).code === code;
}

/** TPM_GetCapability(TPM_CAP_ORD) answers with one byte. */
export function* offersCommand12(ordinal: number): Exchange<boolean> {
  const response = yield tpm12.getCapability(TPM_CAP12.ORD, ordinal);
  return isSuccess12(response) && response[HEADER_BYTES + 4] === 1;
}
