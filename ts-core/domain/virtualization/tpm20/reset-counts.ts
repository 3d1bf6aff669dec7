/** How often the TPM was reset and restarted: whether it is still the run that a snapshot describes. */
import { HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { readClock } from '../../tpm20/commands.js';
import { isSuccess } from '../../tpm20/responses.js';

export interface ResetCounts {
  readonly resetCount: number;
  readonly restartCount: number;
}

/** TPM2_ReadClock; undefined when the TPM does not tell. */
export function* readResetCounts(): Exchange<ResetCounts | undefined> {
  const response = yield readClock();
  // TPMS_TIME_INFO: time (8), clock (8), resetCount (4), restartCount (4), safe (1)
  if (!isSuccess(response) || response.length < HEADER_BYTES + 24) return undefined;
  return {
    resetCount: readUint32(response, HEADER_BYTES + 16),
    restartCount: readUint32(response, HEADER_BYTES + 20),
  };
}
