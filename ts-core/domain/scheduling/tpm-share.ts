/**
 * Measures how much of the TPM's time a user has recently had: older use counts less, and a user who had the TPM all
 * the time has a share of 1.
 */

/**
 * Use this long ago counts 1/e. This bounds how long a user without recent use can keep others waiting by priority
 * alone: 69% of it, against one other user.
 */
export const SHARE_MEMORY_MS = 50;

export class TpmShare {
  #share = 0;
  #atMs = 0;

  /** Records that the TPM worked for the user for `durationMs`, ending now. `nowMs` is monotonic. */
  used(durationMs: number, nowMs: number): void {
    const ofThis = 1 - Math.exp(-Math.max(0, durationMs) / SHARE_MEMORY_MS);
    this.#share = Math.min(1, this.of(nowMs) + ofThis);
    this.#atMs = nowMs;
  }

  of(nowMs: number): number {
    return this.#share * Math.exp(-Math.max(0, nowMs - this.#atMs) / SHARE_MEMORY_MS);
  }
}
