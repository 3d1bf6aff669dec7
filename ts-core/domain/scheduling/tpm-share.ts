/**
 * How much of the TPM's time a user has had of late: each moment counts less the longer ago it is, and a user who had the
 * TPM all the time has had 1.
 */

/**
 * A moment that is so long ago counts 1/e. It bounds how long a user who has had nothing of late can keep others waiting
 * by priority alone: 69% of this, against one other user.
 */
export const SHARE_MEMORY_MS = 50;

export class TpmShare {
  #share = 0;
  #atMs = 0;

  /** The TPM has worked for the user for so long, until now. `nowMs` is monotonic. */
  used(durationMs: number, nowMs: number): void {
    const ofThis = 1 - Math.exp(-Math.max(0, durationMs) / SHARE_MEMORY_MS);
    this.#share = Math.min(1, this.of(nowMs) + ofThis);
    this.#atMs = nowMs;
  }

  of(nowMs: number): number {
    return this.#share * Math.exp(-Math.max(0, nowMs - this.#atMs) / SHARE_MEMORY_MS);
  }
}
