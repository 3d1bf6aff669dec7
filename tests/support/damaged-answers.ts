/** Creates responses that no correct TPM sends: truncated, or with one bit changed. */
import { HEADER_BYTES, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';

/** Returns the response truncated to every length from that of its header to below `untilBytes`, with the size adapted. */
export function truncationsOf(response: Uint8Array, untilBytes: number = response.length): readonly Uint8Array[] {
  return Array.from({ length: untilBytes - HEADER_BYTES }, (_, index) => {
    const cut = response.slice(0, HEADER_BYTES + index);
    writeUint32(cut, 2, cut.length);
    return cut;
  });
}

/** Returns a copy of the response for each byte from `start` on, with one bit of that byte changed. */
export function withOneBitChanged(response: Uint8Array, start: number = HEADER_BYTES): readonly Uint8Array[] {
  return Array.from({ length: response.length - start }, (_, index) => {
    const changed = response.slice();
    changed[start + index] = (changed[start + index] as number) ^ (1 << (index % 8));
    return changed;
  });
}
