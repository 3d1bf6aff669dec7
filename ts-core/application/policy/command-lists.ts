/** Compiles the filter's lists from policy and the local lists, and compiles them again when either changes. */
import { buildFilterLists, type FilterLists } from '../../domain/filter/filter-lists.js';
import { type LocalCommandLists, NO_LOCAL_COMMAND_LISTS } from '../../domain/filter/local-command-lists.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import type { StateStore } from '../ports/state-store.js';

export class CommandLists {
  #local: LocalCommandLists;
  #compiled: FilterLists;
  #revisionNumber = 1;
  #policy: EffectivePolicy;
  readonly #store: StateStore;

  constructor(policy: EffectivePolicy, store: StateStore) {
    this.#policy = policy;
    this.#store = store;
    this.#local = store.get('localCommandLists') ?? NO_LOCAL_COMMAND_LISTS;
    this.#compiled = buildFilterLists(policy, this.#local);
  }

  get revision(): number {
    return this.#revisionNumber;
  }

  get lists(): FilterLists {
    return this.#compiled;
  }

  get localLists(): LocalCommandLists {
    return this.#local;
  }

  policyChanged(policy: EffectivePolicy): void {
    this.#policy = policy;
    this.#compile();
  }

  /**
   * Replaces the local lists once they are durable, so that an acknowledged change survives a crash and an
   * unacknowledged one never applied.
   */
  async replaceLocal(local: LocalCommandLists): Promise<void> {
    await this.#store.put('localCommandLists', local);
    this.#local = local;
    this.#compile();
  }

  #compile(): void {
    this.#compiled = buildFilterLists(this.#policy, this.#local);
    this.#revisionNumber++;
  }
}
