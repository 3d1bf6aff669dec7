/**
 * How long each command takes on this TPM, learned from what it did: per command code, and apart for key generation by
 * the size of the command's public area where that shows (an RSA template and an ECC template cost very differently).
 *
 * An exponentially weighted mean: recent commands count more, one outlier little. Bounded: only codes the filter let
 * pass are learned, and never more than `MOST_KEYS` of them.
 */
export interface CommandCost {
  readonly code: number;
  /** Algorithm of the created key (TPM_ALG_ID) where the cost depends on it; 0 otherwise. */
  readonly keyAlgorithm: number;
  readonly count: number;
  readonly meanMs: number;
}

const WEIGHT_OF_NEWEST = 0.1;
const MOST_KEYS = 1024;
/** Before anything is known: a command of a discrete TPM. */
const UNKNOWN_MS = 20;

interface Learned {
  count: number;
  meanMs: number;
}

export class CommandCosts {
  private readonly learned = new Map<number, Learned>();
  private readonly overall: Learned = { count: 0, meanMs: UNKNOWN_MS };

  learn(code: number, keyAlgorithm: number, durationMs: number): void {
    update(this.overall, durationMs);
    const key = keyOf(code, keyAlgorithm);
    const known = this.learned.get(key);
    if (known !== undefined) update(known, durationMs);
    else if (this.learned.size < MOST_KEYS) this.learned.set(key, { count: 1, meanMs: durationMs });
  }

  /** The expected duration in milliseconds; the mean of all commands for one that was never seen. */
  estimateMs(code: number, keyAlgorithm: number): number {
    return (this.learned.get(keyOf(code, keyAlgorithm)) ?? this.overall).meanMs;
  }

  table(): CommandCost[] {
    return [...this.learned].map(([key, { count, meanMs }]) => ({
      code: Math.floor(key / 0x10000),
      keyAlgorithm: key % 0x10000,
      count,
      meanMs,
    }));
  }
}

/** One number for both: codes have 32 bits and algorithms 16, which a double holds exactly. */
function keyOf(code: number, keyAlgorithm: number): number {
  return code * 0x10000 + keyAlgorithm;
}

function update(learned: Learned, durationMs: number): void {
  learned.count++;
  if (learned.count === 1) learned.meanMs = durationMs;
  else learned.meanMs += WEIGHT_OF_NEWEST * (durationMs - learned.meanMs);
}
