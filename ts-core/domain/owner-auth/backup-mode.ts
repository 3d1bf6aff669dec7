/**
 * Decides whether a change of the owner authorization is backed up to AD DS, and whether it may proceed without a
 * backup.
 */
import type { EffectivePolicy, PolicySettings } from '../policy/settings.js';

/** `required`: no change without a backup. `optional`: a failed backup is reported and retried. */
export type BackupMode = 'off' | 'optional' | 'required';

/**
 * Reads ActiveDirectoryBackup and RequireActiveDirectoryBackup. The second defaults to 1 and has no effect without the
 * first.
 */
export function backupMode(settings: PolicySettings): BackupMode {
  if (!settings.activeDirectoryBackup) return 'off';
  return (settings.requireActiveDirectoryBackup ?? true) ? 'required' : 'optional';
}

/** Returns the setting that makes the backup required: the first one, where no source sets the second. */
export function settingThatRequiresBackup({
  settings,
}: EffectivePolicy): 'requireActiveDirectoryBackup' | 'activeDirectoryBackup' {
  return settings.requireActiveDirectoryBackup === undefined ? 'activeDirectoryBackup' : 'requireActiveDirectoryBackup';
}
