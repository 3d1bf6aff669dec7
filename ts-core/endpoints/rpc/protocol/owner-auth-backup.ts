/** Backup of the owner authorization to AD DS. */
import * as z from 'zod';
import { BACKUP_FAILURE_REASONS } from '../../../domain/owner-auth/backup-failure.js';
import { ADMINISTRATOR_ONLY, OBSERVERS_ONLY } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { currentAuthText } from './owner-auth.js';
import { utcTime } from './values.js';

const form = z.enum(['windows8', 'windows7']);

export const BackupSuccess = objectType('BackupSuccess', 'A backup that succeeded.', {
  time: utcTime.describe('When.'),
  server: z.string().describe('Host name of the server.'),
  target: z.string().describe('Distinguished name of the object that contains the value.'),
});
export type BackupSuccess = Described<typeof BackupSuccess>;

export const BackupFailure = objectType('BackupFailure', 'A backup that failed.', {
  time: utcTime.describe('When.'),
  reason: z.enum(BACKUP_FAILURE_REASONS).describe('Why it failed; error: for none of the other reasons.'),
  message: z.string().describe('What happened, in words.'),
});
export type BackupFailure = Described<typeof BackupFailure>;

export const OwnerAuthBackup = objectType('OwnerAuthBackup', 'The state of the backup.', {
  mode: z
    .enum(['off', 'optional', 'required'])
    .describe(
      'required: the owner authorization cannot change without a backup; optional: a failed backup is retried.',
    ),
  pending: z
    .boolean()
    .describe('Whether there is a value that the directory does not have yet; the broker retries the backup.'),
  form: form
    .nullable()
    .describe(
      'windows8: in an msTPM-InformationObject; windows7: in the computer object; null until the directory has answered.',
    ),
  lastSuccess: BackupSuccess.nullable().describe('The last backup that succeeded; null if there was none.'),
  lastFailure: BackupFailure.nullable().describe('The last backup that failed; null if there was none.'),
});
export type OwnerAuthBackup = Described<typeof OwnerAuthBackup>;

export const ownerAuthBackupGet = method('ownerAuthBackup/get', {
  summary: 'Returns the state of the backup.',
  access: OBSERVERS_ONLY,
  params: noParams,
  result: OwnerAuthBackup,
});

export const ownerAuthBackupRun = method('ownerAuthBackup/run', {
  summary: 'Backs up the pending value, the given one, or the stored one.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({ ownerAuth: currentAuthText.optional() }).optional(),
  result: OwnerAuthBackup,
});

export const OwnerAuthBackupCheck = objectType('OwnerAuthBackupCheck', 'Where a backup would go.', {
  server: z.string().describe('Host name of the server that answered.'),
  form: form.describe('windows8: in an msTPM-InformationObject; windows7: in the computer object.'),
  computer: z.string().describe('Distinguished name of this machine’s computer object.'),
  target: z
    .string()
    .describe('Distinguished name of the object that contains, or would contain, the owner authorization.'),
});
export type OwnerAuthBackupCheck = Described<typeof OwnerAuthBackupCheck>;

export const ownerAuthBackupTest = method('ownerAuthBackup/test', {
  summary: 'Connects to the server and checks rights and schema; changes nothing.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: OwnerAuthBackupCheck,
});
