/** Limits how many submissions are traced, so that tracing costs the broker no more however many commands arrive. */
import type { Clock } from '../../application/ports/operating-system.js';

const SECOND_MS = 1000;
/** The part of all traces that one user may take, so that no user's commands displace everybody else's traces. */
const SHARE_OF_USER = 1 / 4;

export class TraceQuota {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #perUser: number;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #taken = 0;
  /** Cleared every second, and never larger than the number of traces in a second. */
  readonly #takenByUser = new Map<string, number>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#perUser = Math.ceil(perSecond * SHARE_OF_USER);
  }

  /** Returns whether this user may have one more trace in this second, and counts it. */
  take(userKey: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#secondBeganMs >= SECOND_MS) {
      this.#secondBeganMs = nowMs;
      this.#taken = 0;
      this.#takenByUser.clear();
    }
    const ofUser = this.#takenByUser.get(userKey) ?? 0;
    if (this.#taken >= this.#perSecond || ofUser >= this.#perUser) return false;
    this.#taken++;
    this.#takenByUser.set(userKey, ofUser + 1);
    return true;
  }
}
