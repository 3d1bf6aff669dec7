/** Responses as no honest TPM gives them: cut short, or with a byte changed on the way. */
import { HEADER_BYTES, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';

/** The response cut to every length from its header on, below `untilBytes`; each header states the new size. */
export function truncationsOf(response: Uint8Array, untilBytes: number = response.length): readonly Uint8Array[] {
  return Array.from({ length: untilBytes - HEADER_BYTES }, (_, index) => {
    const cut = response.slice(0, HEADER_BYTES + index);
    writeUint32(cut, 2, cut.length);
    return cut;
  });
}

/** The response with one bit changed, in each byte from `start` on. */
export function withOneBitChanged(response: Uint8Array, start: number = HEADER_BYTES): readonly Uint8Array[] {
  return Array.from({ length: response.length - start }, (_, index) => {
    const changed = response.slice();
    changed[start + index] = (changed[start + index] as number) ^ (1 << (index % 8));
    return changed;
  });
}
