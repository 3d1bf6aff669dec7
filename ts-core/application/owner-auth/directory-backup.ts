/**
 * Backs up the owner authorization to the directory: decides whether a backup is needed, runs both phases, and records
 * how they ended.
 */
import { bytesToBase64 } from '../../domain/base64.js';
import { backupFailureReason } from '../../domain/owner-auth/backup-failure.js';
import { type BackupMode, backupMode } from '../../domain/owner-auth/backup-mode.js';
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { Clock } from '../ports/operating-system.js';
import type { DirectoryCheck, DirectoryReceipt, OwnerAuthDirectory } from '../ports/owner-auth-stores.js';
import type { OwnerAuthRecords } from './owner-auth-record.js';

export interface DirectoryBackupParts {
  /** Undefined if none is configured. */
  readonly directory: OwnerAuthDirectory | undefined;
  readonly policy: () => EffectivePolicy;
  readonly records: OwnerAuthRecords;
  readonly events: Events;
  readonly clock: Clock;
}

export class DirectoryBackup {
  readonly #parts: DirectoryBackupParts;

  constructor(parts: DirectoryBackupParts) {
    this.#parts = parts;
  }

  get mode(): BackupMode {
    return backupMode(this.#parts.policy().settings);
  }

  check(): Promise<DirectoryCheck> {
    return this.#logged('check', (directory) => directory.check());
  }

  writePending(value: Uint8Array, srkThumbprint: Uint8Array): Promise<DirectoryReceipt> {
    return this.#logged('phase 1', (directory) => directory.writePending(bytesToBase64(value), srkThumbprint));
  }

  async commit(value: Uint8Array, srkThumbprint: Uint8Array): Promise<DirectoryReceipt> {
    const receipt = await this.#logged('phase 2', (directory) => directory.commit(bytesToBase64(value), srkThumbprint));
    const { server, target, form } = receipt;
    await this.#parts.records.update({
      backup: { lastSuccess: { time: this.#now(), server, target }, lastFailure: null, form },
    });
    this.#parts.events.raise('ownerAuthorization', 'The owner authorization was backed up.', {
      details: { server, target, form },
    });
    return receipt;
  }

  /** Records and reports every failure; rejects with a TbsError that has the directory's reason. */
  async #logged<Result>(step: string, work: (directory: OwnerAuthDirectory) => Promise<Result>): Promise<Result> {
    const { directory, records, events, policy } = this.#parts;
    try {
      if (directory === undefined) throw notConfigured(policy());
      return await work(directory);
    } catch (error) {
      const failure = asBackupFailure(error);
      const reason = backupFailureReason(failure.details);
      const lastFailure = { time: this.#now(), reason, message: failure.message };
      await records.update({ backup: { ...records.current.backup, lastFailure } });
      events.raise('warning', `The backup of the owner authorization failed (${step}): ${failure.message}`, {
        details: { reason, action: failure.action },
      });
      throw failure;
    }
  }

  #now(): string {
    return new Date(this.#parts.clock.wallClockMs()).toISOString();
  }
}

function notConfigured(policy: EffectivePolicy): TbsError {
  return refusedBySetting('TBS_E_PROVISIONING_NOT_ALLOWED', policy, {
    setting: 'activeDirectoryBackup',
    message: 'This machine has no directory to which the owner authorization could be backed up.',
    change: 'Or set activeDirectoryBackup to false',
    instead: 'Join the domain or configure `directory` in tbsd.json.',
    details: { reason: 'notJoined' },
  });
}

function asBackupFailure(error: unknown): TbsError {
  if (error instanceof TbsError) return error;
  return new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', {
    message: 'The directory did not accept the owner authorization.',
    action: 'Test-TpmOwnerAuthBackup shows what is wrong; the log of tbsd has the cause.',
    details: { reason: 'error' },
    cause: error,
  });
}
