/**
 * Reads the event that records the locality from which the TPM was started, which determines the initial value of PCR
 * 0.
 *
 * TCG PC Client Platform Firmware Profile 1.06, 10.4.5.3 "Startup Locality Event"; TPM 2.0 Part 1, 12.2.3.2: PCR 0
 * starts as zeros with the locality in its last byte, or with 4 there after an H-CRTM sequence.
 */
import { startsWith } from './event-log.js';

export const STARTUP_LOCALITY_SIGNATURE = 'StartupLocality\0';

/** Returns the locality; undefined if the data are not such an event's. */
export function startupLocalityOf(data: Uint8Array): number | undefined {
  if (!startsWith(data, STARTUP_LOCALITY_SIGNATURE)) return undefined;
  return data[STARTUP_LOCALITY_SIGNATURE.length];
}
