/** Creates responses that no correct TPM sends: truncated, or with one bit changed. All are copies, also of a Buffer. */
import assert from 'node:assert/strict';
import { HEADER_BYTES, writeUint32 } from '../../ts-core/domain/tpm/command-header.js';
import { ResponseForgedError, Tpm12CommandError } from '../../ts-core/domain/tpm12/authorized-command.js';
import { type Replay, toHex } from './tpm-conversations.js';

/** Returns the response truncated to every length from that of its header to below `untilBytes`, with the size adapted. */
export function truncationsOf(response: Uint8Array, untilBytes: number = response.length): readonly Uint8Array[] {
  return Array.from({ length: untilBytes - HEADER_BYTES }, (_, index) => {
    const cut = Uint8Array.from(response.subarray(0, HEADER_BYTES + index));
    writeUint32(cut, 2, cut.length);
    return cut;
  });
}

/** Returns a copy of the response for each byte from `start` on, with one bit of that byte changed. */
export function withOneBitChanged(response: Uint8Array, start: number = HEADER_BYTES): readonly Uint8Array[] {
  return Array.from({ length: response.length - start }, (_, index) => {
    const changed = Uint8Array.from(response);
    changed[start + index] = (changed[start + index] as number) ^ (1 << (index % 8));
    return changed;
  });
}

/**
 * Asserts that the last answer of a TPM 1.2 is refused if a byte from `start` on has been changed, or if any part of its
 * end is missing. The tag, the first two bytes, does not matter.
 */
export function assertDamageIsNoticed(replay: Replay<unknown>, start = 2): void {
  for (const answer of [...withOneBitChanged(replay.lastAnswer, start), ...truncationsOf(replay.lastAnswer)]) {
    assert.throws(
      () => replay.runWithLastAnswer(answer),
      (error) => error instanceof ResponseForgedError || error instanceof Tpm12CommandError,
      toHex(answer),
    );
  }
}
