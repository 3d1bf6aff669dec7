/** Implements Get- and Set-TpmAuthLevel. */
import type { Caller } from '../../domain/caller.js';
import {
  AUTH_LEVEL_NAMES,
  type EffectiveAuthLevel,
  effectiveAuthLevel,
} from '../../domain/owner-auth/effective-level.js';
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy, OsManagedAuthLevel } from '../../domain/policy/settings.js';
import type { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { PolicyStore } from '../ports/policy-store.js';
import type { StateStore } from '../ports/state-store.js';

/** A change of the level, which the owner-authorization use cases carry out or refuse before it is stored. */
export interface AuthLevelChange {
  readonly from: EffectiveAuthLevel;
  readonly to: OsManagedAuthLevel;
  /** The new owner authorization, if the change needs one; random unless given. */
  readonly newOwnerAuth: Uint8Array | undefined;
  /** Permits a new owner authorization that is stored nowhere. */
  readonly force: boolean;
}

export class ManageAuthLevel {
  readonly #policy: PolicyStore;
  readonly #store: StateStore;
  readonly #events: Events;
  /** Resolves when the stored material fits the new level; otherwise rejects with a TbsError and changes nothing. */
  readonly #applyToMaterial: (change: AuthLevelChange) => Promise<void>;

  constructor(
    policy: PolicyStore,
    store: StateStore,
    events: Events,
    applyToMaterial: (change: AuthLevelChange) => Promise<void>,
  ) {
    this.#policy = policy;
    this.#store = store;
    this.#events = events;
    this.#applyToMaterial = applyToMaterial;
  }

  get(): EffectiveAuthLevel {
    return effectiveAuthLevel(this.#policy.current(), this.#store.get('localAuthLevel')?.level);
  }

  async set(
    caller: Caller,
    level: OsManagedAuthLevel,
    options: { readonly newOwnerAuth: Uint8Array | undefined; readonly force: boolean },
  ): Promise<EffectiveAuthLevel> {
    const from = this.get();
    if (from.origin.kind === 'policy') throw setByPolicy(this.#policy.current());
    if (from.level !== level) await this.#applyToMaterial({ from, to: level, ...options });
    if (from.level === level && from.origin.kind === 'local') return from;
    await this.#store.put('localAuthLevel', { level });
    this.#events.raise('administration', `The owner authorization level is ${AUTH_LEVEL_NAMES[level]} now.`, {
      caller,
      details: { from: AUTH_LEVEL_NAMES[from.level], to: AUTH_LEVEL_NAMES[level] },
    });
    return this.get();
  }
}

function setByPolicy(policy: EffectivePolicy): TbsError {
  const { location } = policy.sources.osManagedAuthLevel;
  return refusedBySetting('TBS_E_PROVISIONING_NOT_ALLOWED', policy, {
    setting: 'osManagedAuthLevel',
    message: `The owner authorization level is set by policy (${location}) and cannot be changed with Set-TpmAuthLevel.`,
    change: 'Change or remove osManagedAuthLevel',
  });
}
