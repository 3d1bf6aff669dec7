/** Token buckets by key: each holds up to `burst` tokens and gains `perMinute` tokens a minute. */

export interface BucketSize {
  readonly burst: number;
  readonly perMinute: number;
}

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Keys that are remembered. A full bucket equals a new one, and is forgotten first. */
const MAX_KEYS = 1024;

export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #size: BucketSize;

  constructor(size: BucketSize) {
    this.#size = size;
  }

  /** Takes one token; returns false if the bucket is empty. `nowMs` is a clock that never runs backwards. */
  take(key: string, nowMs: number): boolean {
    const tokens = this.#tokensAt(this.#buckets.get(key), nowMs);
    // The newest entry is the last of the map.
    this.#buckets.delete(key);
    const granted = tokens >= 1;
    this.#buckets.set(key, { tokens: granted ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#buckets.size > MAX_KEYS) this.#forgetOne(nowMs);
    return granted;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #tokensAt(bucket: Bucket | undefined, nowMs: number): number {
    if (bucket === undefined) return this.#size.burst;
    const gained = ((nowMs - bucket.atMs) * this.#size.perMinute) / 60_000;
    return Math.min(this.#size.burst, bucket.tokens + gained);
  }

  /** Forgets a bucket that is full again, or else the one that was used longest ago. */
  #forgetOne(nowMs: number): void {
    const keys = [...this.#buckets];
    const full = keys.find(([, bucket]) => this.#tokensAt(bucket, nowMs) >= this.#size.burst);
    const [key] = full ?? (keys[0] as [string, Bucket]);
    this.#buckets.delete(key);
  }
}
