/** Implements Set-, Get- and Import-TpmOwnerAuth, Clear-Tpm, Unblock-Tpm and the change of the level. */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { keepsOwner, type MaterialName, materialFor, OWNER_AUTH_TYPES } from '../../domain/owner-auth/kept-material.js';
import { levelTransition } from '../../domain/owner-auth/level-transition.js';
import { TbsError } from '../../domain/tbs-error.js';
import { EMPTY_AUTH } from '../../domain/tpm20/authorized-command.js';
import type { LockoutService } from '../lockout/lockout-service.js';
import type { AuthLevelChange } from './manage-auth-level.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import { refusedByLevel } from './refused-by-level.js';

export interface OwnerAuthOutcome {
  /** Whether the value is stored on this machine. */
  readonly kept: boolean;
  /** `off`: backup is off; `done`; `pending`: retried in the background. */
  readonly backup: 'off' | 'done' | 'pending';
}

export class ManageOwnerAuth {
  readonly #coordinator: OwnerAuthCoordinator;
  readonly #lockout: LockoutService;

  constructor(coordinator: OwnerAuthCoordinator, lockout: LockoutService) {
    this.#coordinator = coordinator;
    this.#lockout = lockout;
  }

  /** Replaces the owner authorization. `current` is the one in force, by default the stored one. */
  async set(caller: Caller, current: Uint8Array | undefined, next: Uint8Array): Promise<OwnerAuthOutcome> {
    const { change, level, secrets, backup, tpm } = this.#coordinator.parts;
    const outcome = await this.#coordinator.exclusive(async () => {
      await this.#requireOwner();
      const auth = await this.#coordinator.currentOwnerAuth(current);
      const remaining = await change.change(auth, next, level());
      this.#coordinator.schedule(remaining);
      const pending = remaining.kind === 'backup';
      return {
        kept: secrets.has('owner'),
        backup: backup.mode === 'off' ? 'off' : pending ? 'pending' : 'done',
      } as const;
    });
    this.#raise(caller, 'The owner authorization was set.', { version: tpm.version, kept: outcome.kept });
    return outcome;
  }

  /** Stores as much as the level allows of a value that the TPM has, after trying it once. */
  async import(caller: Caller, value: Uint8Array): Promise<void> {
    const { level, tpm, change, policy } = this.#coordinator.parts;
    await this.#coordinator.exclusive(async () => {
      if (!keepsOwner(level(), tpm.version) && (tpm.version === '2.0' || level() === 0)) {
        throw refusedByLevel(policy(), {
          message: 'The level in force does not store the owner authorization on this machine.',
          levels: 'Full',
        });
      }
      await this.#requireOwner();
      await tpm.changeOwnerAuth(value, value);
      await change.keep(value, level());
    });
    this.#raise(caller, 'The owner authorization was imported.', {});
  }

  /**
   * Implements Tbsi_Get_OwnerAuth. `type` is a TBS_OWNERAUTH_TYPE. The result is empty for a hierarchy whose
   * authorization is empty; the caller of this method wipes it.
   */
  async get(caller: Caller, type: number): Promise<Uint8Array> {
    const { secrets, tpm } = this.#coordinator.parts;
    const known = OWNER_AUTH_TYPES.find(({ number }) => number === type);
    if (known === undefined || !known.versions.includes(tpm.version)) {
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: `Owner authorization type ${known?.name ?? type} does not exist on a TPM ${tpm.version}.`,
        details: { parameter: 'type', type },
      });
    }
    if (caller.callerClass === 'sandboxedApp' || (known.administratorsOnly && !isAdministrator(caller))) {
      throw new TbsError('TBS_E_ACCESS_DENIED', { details: { type: known.name } });
    }
    await this.#coordinator.keptIsVerified();
    const value = (await this.#authOfOpenHierarchy(known.material)) ?? (await secrets.get(known.material));
    if (value === undefined) throw new TbsError('TBS_E_OWNERAUTH_NOT_FOUND', { details: { type: known.name } });
    this.#raise(caller, 'A stored owner authorization was read.', { type: known.name });
    return value;
  }

  /** Returns the empty authorization of an open hierarchy; undefined for a closed one, or if the level stores none. */
  async #authOfOpenHierarchy(material: MaterialName): Promise<Uint8Array | undefined> {
    const { tpm, level, hierarchies } = this.#coordinator.parts;
    if (material !== 'storage' && material !== 'endorsement') return undefined;
    if (!materialFor(level(), tpm.version).includes(material)) return undefined;
    return hierarchies.states(await tpm.ownership())[material] === 'open' ? EMPTY_AUTH : undefined;
  }

  /** Clears the TPM: every key in the storage and endorsement hierarchies, and the owner authorization itself. */
  async clear(caller: Caller, current: Uint8Array | undefined): Promise<void> {
    await this.#coordinator.exclusive(async () => {
      await this.#requireOwner();
      await this.#coordinator.clear(await this.#coordinator.currentOwnerAuth(current));
    });
    this.#raise(caller, 'The TPM was cleared.', {});
  }

  /** Resets the TPM's own dictionary-attack logic, and then forgets the failures of standard users. */
  async unblock(caller: Caller, current: Uint8Array | undefined): Promise<void> {
    await this.#coordinator.exclusive(() => this.#resetTpm(current));
    const forgotten = await this.#lockout.reset(undefined);
    this.#raise(caller, 'The lockout of the TPM was reset.', { forgotten });
  }

  /** Carries out what Set-TpmAuthLevel needs before the level changes. */
  async levelChanges(change: AuthLevelChange): Promise<void> {
    const { secrets, backup, tpm } = this.#coordinator.parts;
    await this.#coordinator.exclusive(async () => {
      const { newOwnerAuth } = levelTransition(tpm.version, change.from.level, change.to);
      const lost = newOwnerAuth && secrets.has('owner') && backup.mode === 'off';
      if (lost && change.newOwnerAuth === undefined && !change.force) throw keptNowhere();
      await this.#coordinator.applyLevel(change.to, change.newOwnerAuth);
    });
  }

  async #resetTpm(current: Uint8Array | undefined): Promise<void> {
    const { tpm, secrets } = this.#coordinator.parts;
    if (current === undefined && tpm.resetLockoutDelegated !== undefined && !secrets.has('owner')) {
      const delegation = await secrets.get('administratorDelegation');
      if (delegation !== undefined) return tpm.resetLockoutDelegated(delegation);
    }
    await tpm.resetLockout(await this.#coordinator.currentOwnerAuth(current));
  }

  async #requireOwner(): Promise<void> {
    const { tpm } = this.#coordinator.parts;
    if (tpm.version === '2.0' || (await tpm.ownership()).owned) return;
    throw new TbsError('TBS_E_PROVISIONING_INCOMPLETE', {
      message: 'The TPM has no owner.',
      action: 'Run Initialize-Tpm first.',
    });
  }

  #raise(caller: Caller, message: string, details: Readonly<Record<string, unknown>>): void {
    this.#coordinator.parts.events.raise('ownerAuthorization', message, { caller, details });
  }
}

function keptNowhere(): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: 'The change creates a new owner authorization, which would be stored nowhere, since AD DS backup is off.',
    action: 'Name a file for it (-NewFile), or do without it (-Force): then only clearing the TPM replaces it.',
    details: { parameter: 'newOwnerAuth' },
  });
}
