/** Whether a TPM has a command at all. TPM 2.0 Library Part 2, 6.12 TPM_CAP_COMMANDS; TPM Main Part 2, 21.1 TPM_CAP_ORD. */

import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from './command-header.js';
import type { Exchange } from './exchange.js';

const CAPABILITY_20 = Uint8Array.of(...[0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a], ...new Uint8Array(12));
const TPM_CAP_COMMANDS = 2;
/** TPMA_CC: the command's index, and the bit of the vendors' own. */
const COMMAND_INDEX_MASK = 0x2000ffff;

/** TPM2_GetCapability lists the commands from this one on; asked for one, it is the first of them where there is it. */
export function* offersCommand20(code: number): Exchange<boolean> {
  const command = CAPABILITY_20.slice();
  writeUint32(command, 10, TPM_CAP_COMMANDS);
  writeUint32(command, 14, code);
  writeUint32(command, 18, 1);
  const response = yield command;
  // moreData (1), capability (4), count (4), then TPMA_CC.
  const first = HEADER_BYTES + 9;
  if (responseCodeOf(response) !== 0 || response.length < first + 4) return false;
  return (readUint32(response, first) & COMMAND_INDEX_MASK) >>> 0 === code;
}

const CAPABILITY_12 = Uint8Array.of(...[0, 0xc1, 0, 0, 0, 22, 0, 0, 0, 0x65], ...[0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0]);

/** TPM_GetCapability(TPM_CAP_ORD) answers with one byte. */
export function* offersCommand12(ordinal: number): Exchange<boolean> {
  const command = CAPABILITY_12.slice();
  writeUint32(command, 18, ordinal);
  const response = yield command;
  return responseCodeOf(response) === 0 && response[HEADER_BYTES + 4] === 1;
}
