/** The open contexts, by owner, and the limits on their number. */
import { type Caller, sharedLimit } from '../../domain/caller.js';
import { limitMessage } from '../../domain/limit-reached.js';
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import type { TbsError } from '../../domain/tbs-error.js';

/** TBS_HCONTEXT is 32 bits wide and never zero. */
const HIGHEST_CONTEXT_ID = 0xffffffff;

export interface TbsContext {
  readonly id: number;
  readonly caller: Caller;
  /** UTC, milliseconds since 1970. */
  readonly openedAtMs: number;
  /** How many accepted commands are not answered yet. */
  outstanding: number;
}

export class Contexts {
  readonly #open = new Map<number, TbsContext>();
  readonly #countByUser = new Map<string, number>();
  #lastId = 0;
  readonly #highestId: number;

  /** Read whenever a context is opened, so that a policy change applies immediately. */
  readonly #policy: () => EffectivePolicy;

  constructor(policy: () => EffectivePolicy, highestId = HIGHEST_CONTEXT_ID) {
    this.#policy = policy;
    this.#highestId = highestId;
  }

  get size(): number {
    return this.#open.size;
  }

  get(contextId: number): TbsContext | undefined {
    return this.#open.get(contextId);
  }

  all(): IterableIterator<TbsContext> {
    return this.#open.values();
  }

  /** Throws TBS_E_TOO_MANY_TBS_CONTEXTS, naming the limit and its source. */
  create(caller: Caller, openedAtMs: number): TbsContext {
    const policy = this.#policy();
    const { maxContexts, maxContextsPerUser } = policy.settings;
    const ofUser = this.#countByUser.get(caller.userKey) ?? 0;
    if (ofUser >= maxContextsPerUser) throw tooMany(policy, 'contexts of one user', 'maxContextsPerUser');
    if (this.#open.size >= sharedLimit(caller, maxContexts)) throw tooMany(policy, 'contexts', 'maxContexts');
    const context: TbsContext = { id: this.#nextId(), caller, openedAtMs, outstanding: 0 };
    this.#open.set(context.id, context);
    this.#countByUser.set(caller.userKey, ofUser + 1);
    return context;
  }

  remove(context: TbsContext): void {
    if (!this.#open.delete(context.id)) return;
    const left = (this.#countByUser.get(context.caller.userKey) ?? 1) - 1;
    if (left === 0) this.#countByUser.delete(context.caller.userKey);
    else this.#countByUser.set(context.caller.userKey, left);
  }

  /** Reuses an id only after all ids are used up, so that a stale handle never refers to a new context. */
  #nextId(): number {
    do {
      this.#lastId = this.#lastId === this.#highestId ? 1 : this.#lastId + 1;
    } while (this.#open.has(this.#lastId));
    return this.#lastId;
  }
}

function tooMany(policy: EffectivePolicy, of: string, setting: 'maxContexts' | 'maxContextsPerUser'): TbsError {
  const limit = policy.settings[setting];
  return refusedBySetting('TBS_E_TOO_MANY_TBS_CONTEXTS', policy, {
    setting,
    message: limitMessage({ of, limit, setting }),
    change: `Or raise ${setting}`,
    instead: 'Close contexts that are not needed any more.',
    details: { limit },
  });
}
