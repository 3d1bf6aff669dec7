/**
 * The steps of Initialize-Tpm, for both versions. Each step can be repeated, and asks the TPM for its state instead of
 * trusting a record.
 */
import type { HierarchyName } from '../../domain/owner-auth/hierarchy-state.js';
import { keepsOwner } from '../../domain/owner-auth/kept-material.js';
import {
  type ProvisioningBit,
  type ProvisioningVerdict,
  provisioningVerdict,
} from '../../domain/owner-auth/provisioning-information.js';
import type { PolicySettings } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { createEndorsementKeyPair, takeOwnership, WELL_KNOWN_SECRET } from '../../domain/tpm12/ownership.js';
import { EMPTY_AUTH, Tpm20CommandError } from '../../domain/tpm20/authorized-command.js';
import { EK_HANDLE, SRK_HANDLE, TPM_CC } from '../../domain/tpm20/codes.js';
import { setDictionaryAttackParameters } from '../../domain/tpm20/dictionary-attack.js';
import {
  createPrimary,
  ekTemplate,
  flushObject,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  makePersistent,
  offersKey,
  srkTemplate,
} from '../../domain/tpm20/keys.js';
import type { PendingRequest } from '../firmware/manage-physical-presence.js';
import { HIERARCHY_HANDLES, wrongHierarchyAuth } from './hierarchies.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import type { OwnershipState } from './owner-tpm.js';
import { isWrongAuthorization, withTpmFailures } from './tpm-failure.js';

/**
 * Windows' values: 32 tries, one of which is forgotten every 10 minutes, and a day after a wrong lockout authorization.
 */
const MAX_TRIES = 32;
const RECOVERY_SECONDS = 600;
const LOCKOUT_RECOVERY_SECONDS = 86_400;

export class ProvisioningSteps {
  readonly #coordinator: OwnerAuthCoordinator;
  readonly #settings: () => PolicySettings;
  readonly #wantedAlgorithm: KeyAlgorithm | 'auto';

  constructor(
    coordinator: OwnerAuthCoordinator,
    settings: () => PolicySettings,
    wantedAlgorithm: KeyAlgorithm | 'auto',
  ) {
    this.#coordinator = coordinator;
    this.#settings = settings;
    this.#wantedAlgorithm = wantedAlgorithm;
  }

  /** Runs inside the coordinator's `exclusive`. Returns what is still needed. `closeHierarchies` concerns a TPM 2.0. */
  async run(closeHierarchies: boolean): Promise<ProvisioningVerdict> {
    const { tpm, secrets } = this.#coordinator.parts;
    await secrets.discardBroken();
    const state = await tpm.ownership();
    if (state.enabled && state.activated) {
      if (tpm.version === '2.0') await this.#provision20(state, closeHierarchies);
      else await this.#provision12(state);
    }
    return this.verdict();
  }

  async verdict(): Promise<ProvisioningVerdict> {
    const { tpm, secrets, level, backup, firmware } = this.#coordinator.parts;
    const state = await tpm.ownership();
    const needs: ProvisioningBit[] = [];
    if (!state.enabled || !state.activated) {
      needs.push(
        ...(tpm.version === '2.0' ? (['REBOOT'] as const) : (['TPM_ACTIVATE', 'PHYSICAL_PRESENCE', 'REBOOT'] as const)),
      );
    }
    if (!state.hasEndorsementKey) needs.push('TPM_CREATE_EK');
    if (!state.hasStorageRootKey) needs.push('TPM_SRKPUB');
    if (!state.owned || this.#coordinator.parts.records.current.wellKnownOwner) needs.push('TPM_TAKE_OWNERSHIP');
    else if (keepsOwner(level(), tpm.version) && !secrets.has('owner')) needs.push('TPM_OWNERAUTH');
    if (this.#isClosedByOthers(state)) needs.push('TPM_FORCE_CLEAR', 'PHYSICAL_PRESENCE');
    if (backup.mode !== 'off' && secrets.has('pending')) needs.push('TPM_AD_BACKUP_PHASE_II');
    const pending = needs.length === 0 ? undefined : await firmware.pendingRequest();
    return provisioningVerdict([...new Set([...needs, ...neededFor(pending)])]);
  }

  /**
   * Returns whether a key is missing and somebody else has set the authorization of the hierarchy that creates or
   * stores it: then only clearing the TPM helps. Making a key of either hierarchy persistent takes the storage
   * hierarchy's authorization.
   */
  #isClosedByOthers(state: OwnershipState): boolean {
    const { secrets } = this.#coordinator.parts;
    const storageClosed = state.storageAuthSet && !secrets.has('storage');
    const endorsementClosed = state.endorsementAuthSet && !secrets.has('endorsement');
    return (
      (storageClosed && !(state.hasStorageRootKey && state.hasEndorsementKey)) ||
      (endorsementClosed && !state.hasEndorsementKey)
    );
  }

  /** Clears the TPM with the stored owner authorization, or the empty one; returns false if that is not possible. */
  async clearAsOwner(): Promise<boolean> {
    const { tpm, secrets } = this.#coordinator.parts;
    const { owned, ownerClearDisabled } = await tpm.ownership();
    if (ownerClearDisabled || (owned && !secrets.has('owner'))) return false;
    const owner = await this.#coordinator.currentOwnerAuth(undefined);
    try {
      await this.#coordinator.clear(owner);
    } finally {
      owner.fill(0);
    }
    return true;
  }

  async #provision20(state: OwnershipState, closeHierarchies: boolean): Promise<void> {
    const { secrets, hierarchies } = this.#coordinator.parts;
    const storage = state.storageAuthSet ? await secrets.get('storage') : EMPTY_AUTH;
    const endorsement = state.endorsementAuthSet ? await secrets.get('endorsement') : EMPTY_AUTH;
    if (storage !== undefined && !state.hasStorageRootKey) {
      await this.#persist('storage', storage, srkTemplate, SRK_HANDLE, storage);
    }
    if (storage !== undefined && endorsement !== undefined && !state.hasEndorsementKey) {
      await this.#persist('endorsement', endorsement, ekTemplate, EK_HANDLE, storage);
    }
    // Without a storage root key no value can be sealed, so none is set.
    if (storage === undefined && !state.hasStorageRootKey) return;
    await this.#setLockoutParameters(state);
    if (closeHierarchies) await hierarchies.close(state);
    if (!state.owned) await this.#setOwnerAuth(EMPTY_AUTH);
  }

  /** Runs once, and leaves an administrator's later values alone. */
  async #setLockoutParameters(state: OwnershipState): Promise<void> {
    const { records, secrets } = this.#coordinator.parts;
    if (records.current.lockoutParametersSet) return;
    const auth = state.owned ? await secrets.get('owner') : EMPTY_AUTH;
    if (auth === undefined) return;
    const total = this.#settings().standardUserAuthorizationFailureTotalThreshold;
    await this.#onTpm(() =>
      setDictionaryAttackParameters(auth, {
        maxTries: Math.max(MAX_TRIES, total + 1),
        recoverySeconds: RECOVERY_SECONDS,
        lockoutRecoverySeconds: LOCKOUT_RECOVERY_SECONDS,
      }),
    );
    await records.update({ lockoutParametersSet: true });
  }

  /**
   * Takes ownership with the well-known secret first, because a TPM 1.2 can seal nothing before it has an owner.
   * Setting the final secret then uses the same crash-safe procedure as every change.
   */
  async #provision12(state: OwnershipState): Promise<void> {
    const { records, crypto, backup } = this.#coordinator.parts;
    if (!state.hasEndorsementKey) await this.#onTpm(() => createEndorsementKeyPair(crypto));
    if (!state.owned) {
      if (backup.mode === 'required') await backup.check();
      await records.update({ wellKnownOwner: true });
      await this.#onTpm(() => takeOwnership(crypto, { ownerSecret: WELL_KNOWN_SECRET, srkSecret: WELL_KNOWN_SECRET }));
    }
    if (records.current.wellKnownOwner) await this.#setOwnerAuth(WELL_KNOWN_SECRET);
  }

  /**
   * Applies to every level: as on Windows, nobody knows the value afterwards if neither the level nor a backup stores
   * it.
   */
  async #setOwnerAuth(current: Uint8Array): Promise<void> {
    const { change, level, tpm, backup } = this.#coordinator.parts;
    const value = this.#coordinator.randomOwnerAuth();
    try {
      this.#coordinator.schedule(await change.change(current, value, level()));
    } finally {
      value.fill(0);
    }
    if (backup.mode === 'off' && !keepsOwner(level(), tpm.version)) this.#coordinator.tellKeptNowhere(level());
  }

  async #persist(
    hierarchy: HierarchyName,
    hierarchyAuth: Uint8Array,
    template: (algorithm: KeyAlgorithm) => Uint8Array,
    handle: number,
    storageAuth: Uint8Array,
  ): Promise<void> {
    const algorithm = await this.#keyAlgorithm();
    try {
      await this.#onTpm(() =>
        persistPrimary(HIERARCHY_HANDLES[hierarchy], hierarchyAuth, template(algorithm), handle, storageAuth),
      );
    } catch (error) {
      if (!isWrongAuthorization(error)) throw error;
      throw wrongHierarchyAuth(isAboutPersisting(error) ? 'storage' : hierarchy, true, error);
    }
  }

  /** Returns the configured algorithm; by default RSA, or ECC if the TPM has no 2048-bit RSA. */
  async #keyAlgorithm(): Promise<KeyAlgorithm> {
    const wantedAlgorithm = this.#wantedAlgorithm;
    const candidates: readonly KeyAlgorithm[] = wantedAlgorithm === 'auto' ? KEY_ALGORITHMS : [wantedAlgorithm];
    for (const algorithm of candidates) {
      if (await this.#onTpm(() => offersKey(algorithm))) return algorithm;
    }
    throw new TbsError('TBS_E_PROVISIONING_INCOMPLETE', {
      message: `The TPM does not support storage keys of the kind ${candidates.join(' or ')}.`,
      action:
        'Set provisioning.keyAlgorithm in tbsd.json to an algorithm that the TPM supports (rsa2048, eccP256), or to auto.',
      details: { candidates },
    });
  }

  #onTpm<Result>(begin: () => Exchange<Result>): Promise<Result> {
    return withTpmFailures(this.#coordinator.parts.context.run(begin));
  }
}

/** Returns what a pending firmware request needs. */
function neededFor(pending: PendingRequest | undefined): readonly ProvisioningBit[] {
  if (pending === undefined) return [];
  const transition = ([[], ['SHUTDOWN'], ['REBOOT']] as const)[pending.transitionAction] ?? [];
  return pending.userRequired ? ['PHYSICAL_PRESENCE', ...transition] : transition;
}

/** Returns whether making a key persistent failed, which takes the storage hierarchy's authorization for any key. */
function isAboutPersisting({ cause }: Error): boolean {
  return cause instanceof Tpm20CommandError && cause.commandCode === TPM_CC.EvictControl;
}

function* persistPrimary(
  hierarchy: number,
  hierarchyAuth: Uint8Array,
  template: Uint8Array,
  persistentHandle: number,
  ownerAuth: Uint8Array,
): Exchange<void> {
  const handle = yield* createPrimary(hierarchy, hierarchyAuth, template);
  try {
    yield* makePersistent(ownerAuth, handle, persistentHandle);
  } finally {
    yield* flushObject(handle);
  }
}
