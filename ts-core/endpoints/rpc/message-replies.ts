/**
 * Collects the replies to one message. The reply to a single call is sent immediately; those to a batch are sent
 * together, after the last. A batch stores a limited number of bytes of replies, and only while its user's budget has
 * room; calls beyond that are refused.
 */
import { limitReached } from '../../domain/limit-reached.js';
import type { ByteBudget } from '../user-byte-budgets.js';

export interface BatchLimit {
  readonly bytes: number;
  readonly setting: string;
}

export class MessageReplies {
  readonly #texts: string[] = [];
  #keptBytes = 0;
  #awaited: number;
  readonly #isBatch: boolean;
  readonly #budget: ByteBudget;
  /** Called once, when every part is complete, with the texts that the reply consists of; none if no reply is due. */
  readonly #onDone: (texts: readonly string[]) => void;

  constructor(parts: number, isBatch: boolean, budget: ByteBudget, onDone: (texts: readonly string[]) => void) {
    this.#isBatch = isBatch;
    this.#budget = budget;
    this.#onDone = onDone;
    this.#awaited = parts;
  }

  /** Whether replies are kept until the last part is complete. */
  get isKeeping(): boolean {
    return this.#keptBytes > 0;
  }

  /** Adds the reply to one part; undefined if none is due. */
  add(text: string | undefined): void {
    this.#awaited--;
    if (text !== undefined) this.#keep(text);
    if (this.#awaited > 0) return;
    const texts = this.#texts.splice(0);
    this.drop();
    this.#onDone(this.#isBatch && texts.length > 0 ? listOf(texts) : texts);
  }

  /** Drops the replies, because nobody will read them. */
  drop(): void {
    this.#texts.length = 0;
    this.#budget.give(this.#keptBytes);
    this.#keptBytes = 0;
  }

  #keep(text: string): void {
    this.#texts.push(text);
    this.#keptBytes += text.length;
    this.#budget.take(text.length);
  }

  /** Throws if the batch has no room for another reply. */
  requireRoom({ bytes, setting }: BatchLimit): void {
    const instead = 'Send this call separately';
    if (this.#keptBytes >= bytes) {
      const limit = { of: 'bytes of replies to one batch', setting, limit: bytes };
      throw limitReached('TBS_E_TOO_MANY_RESOURCES', { ...limit, instead });
    }
    if (this.isKeeping && this.#budget.isFull) {
      const of = 'bytes of calls in progress and of replies to batches, of one user';
      const limit = { of, setting: 'limits.bytesPerUser', limit: this.#budget.capacity };
      throw limitReached('TBS_E_TOO_MANY_RESOURCES', { ...limit, instead });
    }
  }
}

/** Returns a JSON list of these values in pieces. */
function listOf(values: readonly string[]): readonly string[] {
  return [...values.flatMap((value, index) => [index === 0 ? '[' : ',', value]), ']'];
}
