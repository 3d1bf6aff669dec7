/**
 * The event that tells from which locality the TPM was started, which is what PCR 0 begins with.
 *
 * TCG PC Client Platform Firmware Profile 1.06, 10.4.5.3 "Startup Locality Event"; TPM 2.0 Part 1, 12.2.3.2: PCR 0
 * begins as zeros with the locality in its last byte, and with 4 there after an H-CRTM sequence.
 */
import { startsWith } from './event-log.js';

export const STARTUP_LOCALITY_SIGNATURE = 'StartupLocality\0';

/** The locality; undefined for data that are not such an event's. */
export function startupLocalityOf(data: Uint8Array): number | undefined {
  if (!startsWith(data, STARTUP_LOCALITY_SIGNATURE)) return undefined;
  return data[STARTUP_LOCALITY_SIGNATURE.length];
}
