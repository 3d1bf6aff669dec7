/**
 * Opens and closes the storage and endorsement hierarchies of a TPM 2.0. Methods run inside the coordinator's
 * `exclusive`.
 */
import {
  CLOSING_STOPS,
  HIERARCHY_NAMES,
  type HierarchyName,
  type HierarchyStates,
  hierarchyState,
  mayCloseHierarchies,
} from '../../domain/owner-auth/hierarchy-state.js';
import { OWNER_AUTH_BYTES } from '../../domain/owner-auth/owner-auth-value.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import { EMPTY_AUTH } from '../../domain/tpm20/authorized-command.js';
import { TPM_RH } from '../../domain/tpm20/codes.js';
import { hierarchyChangeAuth } from '../../domain/tpm20/ownership.js';
import type { Events } from '../events/events.js';
import type { BrokerContext } from './broker-context.js';
import type { KeptSecrets } from './kept-secrets.js';
import type { OwnershipState, OwnerTpm } from './owner-tpm.js';
import { isWrongAuthorization, withTpmFailures } from './tpm-failure.js';

export interface HierarchyParts {
  readonly tpm: OwnerTpm;
  readonly context: BrokerContext;
  readonly secrets: KeptSecrets;
  readonly crypto: Crypto12;
  readonly level: () => OsManagedAuthLevel;
  readonly events: Events;
}

/** Authorization values from a caller, for hierarchies whose values are not stored here. */
export type HierarchyAuths = { readonly [Name in HierarchyName]?: Uint8Array | undefined };

export const HIERARCHY_HANDLES: Readonly<Record<HierarchyName, number>> = {
  storage: TPM_RH.OWNER,
  endorsement: TPM_RH.ENDORSEMENT,
};

export class Hierarchies {
  readonly #parts: HierarchyParts;

  constructor(parts: HierarchyParts) {
    this.#parts = parts;
  }

  /** Whether the level in force stores the authorizations, which is the condition for closing the hierarchies. */
  get mayBeClosed(): boolean {
    return mayCloseHierarchies(this.#parts.level(), this.#parts.tpm.version);
  }

  states({ storageAuthSet, endorsementAuthSet }: OwnershipState): HierarchyStates {
    const { secrets } = this.#parts;
    return {
      storage: hierarchyState(storageAuthSet, secrets.has('storage')),
      endorsement: hierarchyState(endorsementAuthSet, secrets.has('endorsement')),
    };
  }

  /** Gives each open hierarchy a random authorization, which is stored here before the TPM gets it. */
  async close(state: OwnershipState): Promise<void> {
    const { events, level, crypto: tpmCrypto, secrets } = this.#parts;
    const open = HIERARCHY_NAMES.filter((name) => this.states(state)[name] === 'open');
    if (open.length === 0 || !this.mayBeClosed) return;
    events.raise('warning', `The hierarchies are closed now: ${open.join(' and ')}. ${CLOSING_STOPS}`, {
      details: {
        hierarchies: open,
        level: level(),
        action: 'Open-TpmHierarchy or `tbs tpm open-hierarchies` opens them again.',
      },
    });
    for (const name of open) {
      // Uses a value that was stored before a crash but not yet set.
      const value = (await secrets.get(name)) ?? tpmCrypto.randomBytes(OWNER_AUTH_BYTES);
      try {
        await secrets.put(name, value);
        await this.#changeAuth(name, EMPTY_AUTH, value);
      } finally {
        value.fill(0);
      }
    }
  }

  /**
   * Resets the authorization of each closed hierarchy to empty, with the given or the stored value. Rejects with
   * TBS_E_OWNERAUTH_NOT_FOUND if a hierarchy stays closed because its value is not known; the other one is open then.
   */
  async open(state: OwnershipState, given: HierarchyAuths): Promise<readonly HierarchyName[]> {
    const { secrets } = this.#parts;
    const states = this.states(state);
    const opened: HierarchyName[] = [];
    const unknown: HierarchyName[] = [];
    for (const name of HIERARCHY_NAMES) {
      if (states[name] === 'open') {
        secrets.wipe(name);
        continue;
      }
      const stored = given[name] === undefined ? await secrets.get(name) : undefined;
      const value = given[name] ?? stored;
      if (value === undefined) {
        unknown.push(name);
        continue;
      }
      try {
        await this.#changeAuth(name, value, EMPTY_AUTH);
      } catch (error) {
        throw isWrongAuthorization(error) ? wrongHierarchyAuth(name, stored !== undefined, error) : error;
      } finally {
        stored?.fill(0);
      }
      secrets.wipe(name);
      opened.push(name);
    }
    if (unknown.length > 0) throw hierarchyAuthNotFound(unknown);
    return opened;
  }

  /**
   * Opens a hierarchy whose authorization is about to be removed from this machine; otherwise nobody could use it
   * again.
   */
  async openBeforeWiping(name: HierarchyName): Promise<void> {
    const value = await this.#parts.secrets.get(name);
    if (value === undefined) return;
    try {
      await this.#changeAuth(name, value, EMPTY_AUTH);
    } catch (error) {
      // Somebody else changed it, so the stored value is useless.
      if (!isWrongAuthorization(error)) throw error;
    } finally {
      value.fill(0);
    }
  }

  #changeAuth(name: HierarchyName, current: Uint8Array, next: Uint8Array): Promise<void> {
    return withTpmFailures(this.#parts.context.run(() => hierarchyChangeAuth(HIERARCHY_HANDLES[name], current, next)));
  }
}

function hierarchyAuthNotFound(names: readonly HierarchyName[]): TbsError {
  return new TbsError('TBS_E_OWNERAUTH_NOT_FOUND', {
    message: `The authorization of the ${names.join(' and the ')} hierarchy is set but not stored on this machine.`,
    action: 'Give the authorization that was set, or clear the TPM.',
    details: { hierarchies: names },
  });
}

export function wrongHierarchyAuth(name: HierarchyName, stored: boolean, cause: unknown): TbsError {
  return new TbsError('TPM_20_E_AUTH_FAIL', {
    message: `The TPM rejected the ${stored ? 'stored' : 'given'} authorization of the ${name} hierarchy.`,
    action: 'Give the authorization that was set last, or clear the TPM.',
    details: { hierarchy: name, tried: true },
    cause,
  });
}
