/** Implements Backup-TpmOwnerAuth, Test- and Get-TpmOwnerAuthBackup. */
import type { Caller } from '../../domain/caller.js';
import type { BackupMode } from '../../domain/owner-auth/backup-mode.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { DirectoryCheck } from '../ports/owner-auth-stores.js';
import type { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import type { BackupRecord } from './owner-auth-record.js';

export interface BackupReport extends BackupRecord {
  readonly mode: BackupMode;
  /** Whether the directory does not have the final value yet; the broker retries by itself. */
  readonly pending: boolean;
}

export class ManageBackup {
  readonly #coordinator: OwnerAuthCoordinator;

  constructor(coordinator: OwnerAuthCoordinator) {
    this.#coordinator = coordinator;
  }

  get(): BackupReport {
    const { backup, records, secrets } = this.#coordinator.parts;
    return { ...records.current.backup, mode: backup.mode, pending: secrets.has('pending') };
  }

  test(): Promise<DirectoryCheck> {
    return this.#coordinator.parts.backup.check();
  }

  /** Backs up the pending or the stored owner authorization. A given one is first tried on the TPM, once. */
  async run(caller: Caller, ownerAuth: Uint8Array | undefined): Promise<BackupReport> {
    const { change, secrets, tpm, level, events } = this.#coordinator.parts;
    await this.#coordinator.exclusive(async () => {
      if (ownerAuth === undefined && secrets.has('pending')) {
        this.#coordinator.schedule(await change.recover(level()));
        if (!secrets.has('pending')) return;
        throw stillPending(this.get());
      }
      const value = ownerAuth ?? (await secrets.get('owner'));
      if (value === undefined) throw new TbsError('TBS_E_OWNERAUTH_NOT_FOUND');
      if (ownerAuth !== undefined) await tpm.changeOwnerAuth(ownerAuth, ownerAuth);
      await change.backUpKept(value);
    });
    events.raise('ownerAuthorization', 'The owner authorization was backed up on request.', { caller });
    return this.get();
  }
}

function stillPending({ lastFailure }: BackupReport): TbsError {
  return new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', {
    message: lastFailure?.message ?? 'The directory did not accept the owner authorization.',
    action: 'Test-TpmOwnerAuthBackup shows what is wrong; the broker retries the backup by itself.',
    details: { reason: lastFailure?.reason ?? 'error' },
  });
}
