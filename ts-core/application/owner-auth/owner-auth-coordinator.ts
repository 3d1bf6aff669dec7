/**
 * Coordinates work on the owner authorization: runs one task at a time, recovers after a crash, follows the level in
 * force, and retries what failed.
 */

import { OneAtATime } from '../../domain/one-at-a-time.js';
import { settingThatRequiresBackup } from '../../domain/owner-auth/backup-mode.js';
import { AUTH_LEVEL_NAMES } from '../../domain/owner-auth/effective-level.js';
import { levelTransition } from '../../domain/owner-auth/level-transition.js';
import { OWNER_AUTH_BYTES } from '../../domain/owner-auth/owner-auth-value.js';
import { changesOwnerAuth } from '../../domain/owner-auth/raw-changes.js';
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy, OsManagedAuthLevel } from '../../domain/policy/settings.js';
import { RetryDelay } from '../../domain/retry-delay.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import { EMPTY_AUTH } from '../../domain/tpm20/authorized-command.js';
import type { PendingCommand } from '../commands/pending-command.js';
import type { Events } from '../events/events.js';
import type { ManagePhysicalPresence } from '../firmware/manage-physical-presence.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { BrokerContext } from './broker-context.js';
import type { DirectoryBackup } from './directory-backup.js';
import type { ExternalOwnerChangeMonitor } from './external-owner-change-monitor.js';
import type { Hierarchies } from './hierarchies.js';
import type { KeptSecrets } from './kept-secrets.js';
import type { OwnerAuthChange, Remaining } from './owner-auth-change.js';
import type { OwnerAuthRecords } from './owner-auth-record.js';
import type { OwnerTpm } from './owner-tpm.js';
import { isWrongAuthorization } from './tpm-failure.js';
import type { TpmLockoutWatch } from './tpm-lockout-watch.js';

export interface OwnerAuthCoordinatorParts {
  readonly tpm: OwnerTpm;
  readonly context: BrokerContext;
  readonly secrets: KeptSecrets;
  readonly records: OwnerAuthRecords;
  readonly change: OwnerAuthChange;
  readonly hierarchies: Hierarchies;
  readonly backup: DirectoryBackup;
  readonly externalChanges: ExternalOwnerChangeMonitor;
  readonly crypto: Crypto12;
  readonly firmware: ManagePhysicalPresence;
  readonly lockoutWatch: TpmLockoutWatch;
  readonly policy: () => EffectivePolicy;
  readonly level: () => OsManagedAuthLevel;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
}

const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

export class OwnerAuthCoordinator {
  readonly #queue = new OneAtATime();
  #unsettled = false;
  #retry: { cancel(): void } | undefined;
  readonly #retryDelay = new RetryDelay(FIRST_RETRY_MS, LONGEST_RETRY_MS);

  constructor(readonly parts: OwnerAuthCoordinatorParts) {}

  /** Whether an unfinished change waits because the TPM does not allow an attempt yet. */
  get isUnsettled(): boolean {
    return this.#unsettled;
  }

  /**
   * Opens the stored secrets, finishes a change that a crash interrupted, and follows a level that has changed since.
   * Never rejects.
   */
  async start(): Promise<void> {
    // Both are queued before any caller's request.
    const opened = this.#queue.run(() => this.parts.secrets.open());
    await Promise.all([opened, this.#catchUp()]);
  }

  /** Called when policy or the local level may have changed. Never rejects: failures are reported and retried. */
  levelMayHaveChanged(): Promise<void> {
    return this.#catchUp();
  }

  stop(): void {
    this.#retry?.cancel();
    this.parts.secrets.close();
  }

  /** Runs work on the owner authorization exclusively. Rejects while an earlier change is unfinished. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(async () => {
      if (this.#unsettled) throw unsettledChange();
      await this.parts.externalChanges.resolve();
      try {
        return await work();
      } catch (error) {
        // A wrong owner authorization brings a TPM 1.2 closer to its own lockout, as a wrong one in a caller's command does.
        if (isWrongAuthorization(error)) this.parts.lockoutWatch.commandEnded('authorizationFailure');
        throw error;
      }
    });
  }

  /** Resolves when the stored material is known to match the TPM, as far as the TPM reports it. */
  async keptIsVerified(): Promise<void> {
    const { externalChanges } = this.parts;
    if (externalChanges.isMarked) await this.#queue.run(() => externalChanges.resolve());
  }

  /**
   * Returns the authorization to use: the given one, the stored one, or the empty one of a TPM 2.0 on which none is
   * set.
   */
  async currentOwnerAuth(given: Uint8Array | undefined): Promise<Uint8Array> {
    if (given !== undefined) return given;
    const kept = await this.parts.secrets.get('owner');
    if (kept !== undefined) return kept;
    if (this.parts.tpm.version === '2.0' && !(await this.parts.tpm.ownership()).owned) return EMPTY_AUTH;
    throw new TbsError('TBS_E_OWNERAUTH_NOT_FOUND');
  }

  randomOwnerAuth(): Uint8Array {
    return this.parts.crypto.randomBytes(OWNER_AUTH_BYTES);
  }

  /** Schedules the remaining work of a change. */
  schedule(remaining: Remaining): void {
    this.#retry?.cancel();
    this.#unsettled = remaining.kind === 'recovery';
    if (remaining.kind === 'nothing') {
      this.#retryDelay.reset();
      return;
    }
    if (remaining.kind === 'recovery' && remaining.waitSeconds === null) return;
    const delayMs =
      remaining.kind === 'recovery' ? (remaining.waitSeconds ?? 0) * 1000 + 1000 : this.#retryDelay.next();
    this.#retry = this.parts.clock.after(delayMs, () => void this.#catchUp());
  }

  /**
   * Makes the stored material fit the level. A change to Delegated from a level that stores the owner authorization
   * sets a new one: `newOwnerAuth`, or a random one. Runs inside `exclusive`.
   */
  async applyLevel(to: OsManagedAuthLevel, newOwnerAuth?: Uint8Array): Promise<void> {
    const { records, tpm, secrets, events, change, backup, hierarchies } = this.parts;
    const from = records.current.appliedLevel;
    if (from === to) return;
    // Fails if the store cannot write, before anything changes in the TPM.
    await records.update({});
    if (from !== undefined) {
      const transition = levelTransition(tpm.version, from, to);
      const current = transition.newOwnerAuth ? await secrets.get('owner') : undefined;
      if (current !== undefined) {
        const next = newOwnerAuth ?? this.randomOwnerAuth();
        // Open the hierarchies before their values are wiped.
        this.schedule(await change.change(current, next, to));
        current.fill(0);
        if (newOwnerAuth === undefined) next.fill(0);
        if (backup.mode === 'off' && newOwnerAuth === undefined) this.tellKeptNowhere(to);
      }
      for (const name of transition.reopened) await hierarchies.openBeforeWiping(name);
      for (const name of transition.wiped) secrets.wipe(name);
      if (transition.lowers) await secrets.rotateKey();
      events.raise('ownerAuthorization', `The stored owner authorization now fits the level ${AUTH_LEVEL_NAMES[to]}.`, {
        details: { from: AUTH_LEVEL_NAMES[from], to: AUTH_LEVEL_NAMES[to], wiped: transition.wiped },
      });
    }
    await records.update({ appliedLevel: to });
  }

  /** Refuses raw commands that would change the owner authorization without its required backup. */
  refusalOf(pending: PendingCommand): TbsError | undefined {
    const { tpm, backup, policy } = this.parts;
    if (!changesOwnerAuth(tpm.version, pending.header.code, pending.command)) return undefined;
    if (backup.mode !== 'required') return undefined;
    return refusedBySetting('TBS_E_PROVISIONING_NOT_ALLOWED', policy(), {
      setting: settingThatRequiresBackup(policy()),
      message: 'This command would change the owner authorization without the backup that policy requires.',
      change: 'To do without the backup, set requireActiveDirectoryBackup to false',
      instead: 'Change it with Set-TpmOwnerAuth, which backs the new value up first.',
      details: { use: 'Set-TpmOwnerAuth' },
    });
  }

  #catchUp(): Promise<void> {
    return this.#queue.run(async () => {
      const { change, level, log, externalChanges } = this.parts;
      try {
        await externalChanges.resolve();
        this.schedule(await change.recover(level()));
        if (!this.#unsettled) await this.applyLevel(level());
      } catch (error) {
        log.warn({ error }, 'the stored owner authorization does not fit policy yet; the broker will retry');
        this.#retry?.cancel();
        this.#retry = this.parts.clock.after(this.#retryDelay.next(), () => void this.#catchUp());
      }
    });
  }

  /** Reports that the level does not store the new owner authorization, and no backup has it either. */
  tellKeptNowhere(level: OsManagedAuthLevel): void {
    this.parts.events.raise(
      'warning',
      `A new owner authorization was created for the level ${AUTH_LEVEL_NAMES[level]}, and it is stored nowhere.`,
      {
        details: {
          level: AUTH_LEVEL_NAMES[level],
          action:
            'Turn on AD DS backup, or have the firmware clear the TPM when the owner authorization is needed (Clear-Tpm -UsePPI).',
        },
      },
    );
  }

  /** Clears the TPM, and wipes the material of its owner. Runs inside `exclusive`. */
  clear(ownerAuth: Uint8Array): Promise<void> {
    return this.parts.externalChanges.during(() => this.parts.tpm.clear(ownerAuth));
  }
}

function unsettledChange(): TbsError {
  return new TbsError('TBS_E_PROVISIONING_INCOMPLETE', {
    message: 'An earlier change of the owner authorization was interrupted, and the TPM does not allow an attempt yet.',
    action:
      'Wait for the lockout recovery time of the TPM (Get-Tpm), or restart the machine; the broker then recovers by itself.',
    details: { reason: 'recovering' },
  });
}
