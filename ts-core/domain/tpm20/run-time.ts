/** How long the TPM has been running, and which run it is. TPM 2.0 Library Part 2, 10.11.6 TPMS_TIME_INFO; Part 3, 29.1. */
import { HEADER_BYTES, readUint32 } from '../tpm/command-header.js';
import type { Exchange } from '../tpm/exchange.js';
import { readClock } from './commands.js';
import { isSuccess } from './responses.js';

export interface RunTime {
  /** Milliseconds since the TPM was reset; the clock of its own lockout. */
  readonly timeMs: number;
  /** Resets, which no two runs of the TPM share. */
  readonly resetCount: number;
  /** Restarts and resumes since the reset. */
  readonly restartCount: number;
}

/** time (8), clock (8), resetCount (4), restartCount (4). */
const TIME_INFO_BYTES = 24;

/** Returns undefined if the TPM does not report it. */
export function* readRunTime(): Exchange<RunTime | undefined> {
  const response = yield readClock();
  if (!isSuccess(response) || response.length < HEADER_BYTES + TIME_INFO_BYTES) return undefined;
  return {
    timeMs: readUint32(response, HEADER_BYTES) * 2 ** 32 + readUint32(response, HEADER_BYTES + 4),
    resetCount: readUint32(response, HEADER_BYTES + 16),
    restartCount: readUint32(response, HEADER_BYTES + 20),
  };
}
