/**
 * Learns how long each command takes on this TPM: per command code and, for commands that create a key, per key type,
 * since RSA and ECC keys cost very different times under one code.
 *
 * The estimate is an exponentially weighted mean: recent commands count more, and one outlier counts little. Memory is
 * bounded: only codes that passed the filter are learned, and at most `MOST_KEYS` of them.
 */
import type { KeyTypeNumber } from '../tpm/created-key-type.js';

export interface CommandCost {
  readonly code: number;
  /** The type of the key that the command creates; 0 for other commands. */
  readonly keyType: KeyTypeNumber;
  readonly count: number;
  readonly meanMs: number;
}

const WEIGHT_OF_NEWEST = 0.1;
const MOST_KEYS = 1024;
/** The estimate before anything is known: a typical command of a discrete TPM. */
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

  /** Returns the expected duration in milliseconds; for a command that was never seen, the mean of all commands. */
  estimateMs(code: number, keyType: KeyTypeNumber): number {
    return (this.#learned.get(keyOf(code, keyType)) ?? this.#overall).meanMs;
  }

  table(): CommandCost[] {
    return [...this.#learned.values()].map((each) => ({ ...each }));
  }
}

/**
 * Combines both into one number that a double holds exactly. A code has 32 bits; the codes of commands that create keys
 * have fewer than 12.
 */
function keyOf(code: number, keyType: KeyTypeNumber): number {
  return keyType === 0 ? code : 0x1_0000_0000 + keyType * 0x1000 + code;
}

function update(learned: Learned, durationMs: number): void {
  learned.count++;
  if (learned.count === 1) learned.meanMs = durationMs;
  else learned.meanMs += WEIGHT_OF_NEWEST * (durationMs - learned.meanMs);
}
