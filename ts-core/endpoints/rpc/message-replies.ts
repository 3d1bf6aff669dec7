/**
 * Collects the replies to one message: that of a single call leaves at once; those of a batch leave together, when the last
 * call is answered. A batch keeps at most `limitBytes` of replies: calls beyond are refused instead of served.
 */
import { limitReached } from '../../domain/limit-reached.js';
import type { ByteBudget } from '../user-budgets.js';

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
  /** Called once, when every part is done; without a text where no reply is due. */
  readonly #onDone: (text: string | undefined) => void;

  constructor(parts: number, isBatch: boolean, budget: ByteBudget, onDone: (text: string | undefined) => void) {
    this.#isBatch = isBatch;
    this.#budget = budget;
    this.#onDone = onDone;
    this.#awaited = parts;
  }

  /** What has become of one part: its reply, or undefined where none is due. */
  add(text: string | undefined): void {
    this.#awaited--;
    if (text !== undefined) this.#keep(text);
    if (this.#awaited > 0) return;
    const texts = this.#texts.join(',');
    this.drop();
    if (texts === '') this.#onDone(undefined);
    else this.#onDone(this.#isBatch ? `[${texts}]` : texts);
  }

  /** Nobody will read them. */
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

  /** Throws when the batch has no room for the reply of another call. */
  requireRoom({ bytes, setting }: BatchLimit): void {
    if (this.#keptBytes < bytes) return;
    throw limitReached('TBS_E_TOO_MANY_RESOURCES', {
      ...{ of: 'bytes that the replies to one batch take', setting, limit: bytes },
      instead: 'Send this call by itself',
    });
  }
}
