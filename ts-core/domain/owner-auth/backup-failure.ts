/** Why a backup of the owner authorization failed. `error`: none of the others; the log of tbsd has the cause. */
export const BACKUP_FAILURE_REASONS = [
  'notJoined',
  'noServer',
  'wrongCredentials',
  'schemaMissing',
  'noRight',
  'timeout',
  'tls',
  'clockSkew',
  'error',
] as const;

export type BackupFailureReason = (typeof BACKUP_FAILURE_REASONS)[number];

/** Returns the reason that the details of an error name; `error` if they name none of these. */
export function backupFailureReason(details: Readonly<Record<string, unknown>>): BackupFailureReason {
  return BACKUP_FAILURE_REASONS.find((reason) => reason === details['reason']) ?? 'error';
}
