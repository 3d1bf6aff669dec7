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
  /** Of each reply, in the order in which the calls ended; a reply may be in several texts. */
  readonly #kept: (readonly string[])[] = [];
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

  /** Adds the reply to one part, in one or several texts; none if no reply is due. */
  add(...texts: readonly string[]): void {
    this.#awaited--;
    if (texts.length > 0) this.#keep(texts);
    if (this.#awaited > 0) return;
    const kept = this.#kept.splice(0);
    this.drop();
    this.#onDone(this.#isBatch && kept.length > 0 ? listOf(kept) : (kept[0] ?? []));
  }

  /** Drops the replies, because nobody will read them. */
  drop(): void {
    this.#kept.length = 0;
    this.#budget.give(this.#keptBytes);
    this.#keptBytes = 0;
  }

  #keep(texts: readonly string[]): void {
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    this.#kept.push(texts);
    this.#keptBytes += bytes;
    this.#budget.take(bytes);
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

/** Returns a JSON list of these values. */
function listOf(values: readonly (readonly string[])[]): readonly string[] {
  return [...values.flatMap((texts, index) => [index === 0 ? '[' : ',', ...texts]), ']'];
}
