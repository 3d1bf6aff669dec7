/** Whether a change of the owner authorization is backed up to AD DS, and whether it may go on without. */
import type { PolicySettings } from '../policy/settings.js';

/** `required`: no change without a backup. `optional`: a backup that fails is told and tried again. */
export type BackupMode = 'off' | 'optional' | 'required';

/** ActiveDirectoryBackup and RequireActiveDirectoryBackup; the second is 1 unless set, and says nothing without the first. */
export function backupMode(settings: PolicySettings): BackupMode {
  if (!settings.activeDirectoryBackup) return 'off';
  return (settings.requireActiveDirectoryBackup ?? true) ? 'required' : 'optional';
}
