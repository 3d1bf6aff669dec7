/**
 * How long each command takes on this TPM, learned from what it did: per command code, and for commands that make a key
 * apart by the key's type, since an RSA key and an ECC key cost very differently under one code.
 *
 * An exponentially weighted mean: recent commands count more, one outlier little. Bounded: only codes the filter let
 * pass are learned, and never more than `MOST_KEYS` of them.
 */
import type { KeyTypeNumber } from '../tpm/created-key-type.js';

export interface CommandCost {
  readonly code: number;
  /** Of the key that the command makes; 0 for other commands. */
  readonly keyType: KeyTypeNumber;
  readonly count: number;
  readonly meanMs: number;
}

const WEIGHT_OF_NEWEST = 0.1;
const MOST_KEYS = 1024;
/** Before anything is known: a command of a discrete TPM. */
const UNKNOWN_MS = 20;

interface Learned {
  readonly code: number;
  readonly keyType: KeyTypeNumber;
  count: number;
  meanMs: number;
}

export class CommandCosts {
  readonly #learned = new Map<number, Learned>();
  readonly #overall: Learned = { code: 0, keyType: 0, count: 0, meanMs: UNKNOWN_MS };

  learn(code: number, keyType: KeyTypeNumber, durationMs: number): void {
    update(this.#overall, durationMs);
    const key = keyOf(code, keyType);
    const known = this.#learned.get(key);
    if (known !== undefined) update(known, durationMs);
    else if (this.#learned.size < MOST_KEYS) this.#learned.set(key, { code, keyType, count: 1, meanMs: durationMs });
  }

  /** The expected duration in milliseconds; the mean of all commands for one that was never seen. */
  estimateMs(code: number, keyType: KeyTypeNumber): number {
    return (this.#learned.get(keyOf(code, keyType)) ?? this.#overall).meanMs;
  }

  table(): CommandCost[] {
    return [...this.#learned.values()].map((each) => ({ ...each }));
  }
}

/** One number for both, exact in a double: a code has 32 bits, and those that make keys fewer than 12. */
function keyOf(code: number, keyType: KeyTypeNumber): number {
  return keyType === 0 ? code : 0x1_0000_0000 + keyType * 0x1000 + code;
}

function update(learned: Learned, durationMs: number): void {
  learned.count++;
  if (learned.count === 1) learned.meanMs = durationMs;
  else learned.meanMs += WEIGHT_OF_NEWEST * (durationMs - learned.meanMs);
}
