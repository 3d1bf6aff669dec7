/** Ensures one broker per state folder with a lock that the kernel releases when the process ends, however it ends. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { TbsError } from '../../domain/tbs-error.js';

export interface StateFolderLockOptions {
  readonly folder: string;
  /**
   * Takes an exclusive lock on an open file, which ends with the process; returns false if another process holds it.
   */
  readonly tryLock: (fileDescriptor: number) => boolean;
}

/**
 * Returns the descriptor that holds the lock. Throws TBS_E_INTERNAL_ERROR with `reason` in its details: inUse or
 * unusable.
 */
export function lockStateFolder({ folder, tryLock }: StateFolderLockOptions): number {
  const path = join(folder, 'owner.lock');
  let descriptor: number;
  try {
    descriptor = openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new TbsError('TBS_E_INTERNAL_ERROR', {
      message: `The state folder ${folder} cannot be written.`,
      action:
        'Free disk space or repair the state folder; the log of tbsd has the cause. Nothing that was acknowledged is lost.',
      details: { reason: 'unusable' },
      cause,
    });
  }
  if (tryLock(descriptor)) return descriptor;
  closeSync(descriptor);
  throw new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `Another broker is using the state folder ${folder}.`,
    action: 'Stop the other broker, or give this one a stateFolder of its own.',
    details: { reason: 'inUse', folder },
  });
}
