/**
 * Changes the owner authorization so that after a crash at any point either the old or the new value works and is
 * known. The order: directory (pending), disk (pending, synced), TPM, disk (stored), directory (final).
 *
 * Methods are called one at a time (`OneAtATime`).
 */
import { keepsOwner, MATERIAL_NAMES, materialFor } from '../../domain/owner-auth/kept-material.js';
import {
  decodePendingChange,
  encodePendingChange,
  type PendingChange,
  type PendingPhase,
} from '../../domain/owner-auth/pending-change.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { DirectoryBackup } from './directory-backup.js';
import type { KeptSecrets } from './kept-secrets.js';
import type { OwnerAuthRecords } from './owner-auth-record.js';
import type { OwnerTpm } from './owner-tpm.js';
import { isLockedOut, isWrongAuthorization } from './tpm-failure.js';

export interface ChangeParts {
  readonly tpm: OwnerTpm;
  readonly secrets: KeptSecrets;
  readonly records: OwnerAuthRecords;
  readonly backup: DirectoryBackup;
  readonly events: Events;
  readonly log: Log;
}

/** What remains to be done after `change` or `recover`. */
export type Remaining =
  | { readonly kind: 'nothing' }
  /** The directory does not have the final value yet. */
  | { readonly kind: 'backup' }
  /** The TPM does not allow an attempt now; null: not until it is reset. */
  | { readonly kind: 'recovery'; readonly waitSeconds: number | null };

const NOTHING: Remaining = { kind: 'nothing' };

/** The wait before the next attempt on a TPM 1.2, which does not report its recovery time. */
const UNKNOWN_RECOVERY_SECONDS = 600;

export class OwnerAuthChange {
  readonly #parts: ChangeParts;

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  /**
   * Changes the value from `current` to `next` and stores as much of it as `level` allows. A wrong `current` is tried
   * exactly once and changes nothing. Rejects with the directory's error, and changes nothing, if a required backup
   * fails.
   */
  async change(current: Uint8Array, next: Uint8Array, level: OsManagedAuthLevel): Promise<Remaining> {
    const { tpm, secrets, backup } = this.#parts;
    let phase: PendingPhase = 'committing';
    if (backup.mode !== 'off') {
      // The directory must not get a value that is not set afterwards, so prove `current` first, which is harmless.
      await tpm.changeOwnerAuth(current, current);
      phase = await this.#announce(current, next);
    }
    await this.#keepPending({ phase: 'changing', newValue: next, oldValue: current });
    try {
      await tpm.changeOwnerAuth(current, next);
    } catch (error) {
      if (isWrongAuthorization(error) || isLockedOut(error)) secrets.wipe('pending');
      throw error;
    }
    return this.#finish(phase, next, level);
  }

  /** Continues after a crash or a failed backup. */
  async recover(level: OsManagedAuthLevel): Promise<Remaining> {
    const { secrets } = this.#parts;
    const bytes = await secrets.get('pending');
    if (bytes === undefined) return NOTHING;
    const pending = decodePendingChange(bytes);
    bytes.fill(0);
    if (pending === undefined) {
      secrets.wipe('pending');
      return NOTHING;
    }
    try {
      if (pending.phase === 'committing' || pending.phase === 'unbacked') {
        await this.keep(pending.newValue, level);
        return await this.#backUp(pending.phase, pending.newValue);
      }
      return await this.#determineValueInTpm(pending, level);
    } finally {
      pending.newValue.fill(0);
      pending.oldValue?.fill(0);
    }
  }

  /** Writes the stored value to the directory, as after a change; for `Backup-TpmOwnerAuth`. */
  async backUpKept(ownerAuth: Uint8Array): Promise<void> {
    const { backup, tpm } = this.#parts;
    const thumbprint = await tpm.srkThumbprint(ownerAuth);
    await backup.writePending(ownerAuth, thumbprint);
    await backup.commit(ownerAuth, thumbprint);
  }

  async #announce(current: Uint8Array, next: Uint8Array): Promise<PendingPhase> {
    const { backup, tpm } = this.#parts;
    try {
      await backup.writePending(next, await tpm.srkThumbprint(current));
      return 'committing';
    } catch (error) {
      if (backup.mode === 'required') throw error;
      return 'unbacked';
    }
  }

  /** Finds out which value the TPM has: tries the new one first, and then the old one if an attempt remains. */
  async #determineValueInTpm(pending: PendingChange, level: OsManagedAuthLevel): Promise<Remaining> {
    const { tpm, events } = this.#parts;
    const { newValue, oldValue } = pending;
    if (pending.phase === 'changing') {
      if (oldValue !== undefined && oldValue.length === 0 && !(await tpm.ownership()).owned) {
        return this.#tryOld(oldValue, newValue, level);
      }
      try {
        await tpm.changeOwnerAuth(newValue, newValue);
        return await this.#finish(this.#phaseAfterRecovery(), newValue, level);
      } catch (error) {
        if (isLockedOut(error)) return this.#waitForTpm();
        if (!isWrongAuthorization(error)) throw error;
      }
      events.raise('ownerAuthorization', 'Recovery: the TPM does not have the new owner authorization yet.');
    }
    if (oldValue === undefined) return this.#giveUp();
    await this.#keepPending({ ...pending, phase: 'changingFromOld' });
    return this.#tryOld(oldValue, newValue, level);
  }

  async #tryOld(oldValue: Uint8Array, newValue: Uint8Array, level: OsManagedAuthLevel): Promise<Remaining> {
    try {
      await this.#parts.tpm.changeOwnerAuth(oldValue, newValue);
    } catch (error) {
      if (isLockedOut(error)) return this.#waitForTpm();
      if (isWrongAuthorization(error)) return this.#giveUp();
      throw error;
    }
    return this.#finish(this.#phaseAfterRecovery(), newValue, level);
  }

  /**
   * Returns the phase to continue with. If a backup was required, the directory may have the value; writing it again is
   * harmless.
   */
  #phaseAfterRecovery(): PendingPhase {
    return this.#parts.backup.mode === 'off' ? 'committing' : 'unbacked';
  }

  async #waitForTpm(): Promise<Remaining> {
    const { lockoutRecoverySeconds } = await this.#parts.tpm.lockout();
    const waitSeconds = lockoutRecoverySeconds === null ? UNKNOWN_RECOVERY_SECONDS : lockoutRecoverySeconds;
    return { kind: 'recovery', waitSeconds: waitSeconds === 0 ? null : waitSeconds };
  }

  #giveUp(): Remaining {
    const { secrets, events } = this.#parts;
    for (const name of ['pending', 'owner'] as const) secrets.wipe(name);
    events.raise(
      'warning',
      'The TPM accepts neither the old nor the new owner authorization: somebody else changed it.',
      {
        details: { action: 'Import the owner authorization (Import-TpmOwnerAuth), or clear the TPM.' },
      },
    );
    return NOTHING;
  }

  /**
   * Stores what the level allows of the value that the TPM has now, updates the directory, and completes the change.
   */
  async #finish(phase: PendingPhase, newValue: Uint8Array, level: OsManagedAuthLevel): Promise<Remaining> {
    await this.#keepPending({ phase, newValue, oldValue: undefined });
    await this.keep(newValue, level);
    this.#parts.events.raise('ownerAuthorization', 'The owner authorization of the TPM was changed.');
    return this.#backUp(phase, newValue);
  }

  /**
   * Stores what the level allows of a value that the TPM has. TPM 1.2: creates its delegations and voids earlier ones.
   */
  async keep(ownerAuth: Uint8Array, level: OsManagedAuthLevel): Promise<void> {
    const { tpm, secrets, records } = this.#parts;
    if (keepsOwner(level, tpm.version)) await secrets.put('owner', ownerAuth);
    else secrets.wipe('owner');
    if (tpm.delegate !== undefined) {
      const delegations = await tpm.delegate(ownerAuth, records.current.family);
      await records.update({ family: delegations.family, wellKnownOwner: false });
      const kept = materialFor(level, tpm.version);
      const blobs = [
        ['administratorDelegation', delegations.administrator],
        ['userDelegation', delegations.user],
        ['endorsementDelegation', delegations.endorsement],
      ] as const;
      for (const [name, blob] of blobs) {
        if (kept.includes(name)) await secrets.put(name, blob);
        else secrets.wipe(name);
        blob.fill(0);
      }
    }
    for (const name of MATERIAL_NAMES[tpm.version]) {
      if (!materialFor(level, tpm.version).includes(name)) secrets.wipe(name);
    }
  }

  async #backUp(phase: PendingPhase, ownerAuth: Uint8Array): Promise<Remaining> {
    const { backup, tpm, secrets, log } = this.#parts;
    if (backup.mode !== 'off') {
      try {
        const thumbprint = await tpm.srkThumbprint(ownerAuth);
        if (phase === 'unbacked') await backup.writePending(ownerAuth, thumbprint);
        await backup.commit(ownerAuth, thumbprint);
      } catch (error) {
        if (!(error instanceof TbsError)) throw error;
        log.warn({ error }, 'the owner authorization is not backed up yet; the backup will be retried');
        return { kind: 'backup' };
      }
    }
    secrets.wipe('pending');
    return NOTHING;
  }

  async #keepPending(pending: PendingChange): Promise<void> {
    const bytes = encodePendingChange(pending);
    try {
      await this.#parts.secrets.put('pending', bytes);
    } finally {
      bytes.fill(0);
    }
  }
}
