/** Backup of the owner authorization to AD DS. */
import { z } from 'zod';
import { method, noParams } from './method.js';
import { currentAuthText } from './owner-auth.js';

export interface OwnerAuthBackupState {
  readonly mode: 'off' | 'optional' | 'required';
  /** A value that the directory does not have for good yet; it is tried again by itself. */
  readonly pending: boolean;
  readonly form: 'windows8' | 'windows7' | null;
  readonly lastSuccess: { readonly time: string; readonly server: string; readonly target: string } | null;
  readonly lastFailure: { readonly time: string; readonly reason: string; readonly message: string } | null;
}

export const ownerAuthBackupGet = method<OwnerAuthBackupState>()('ownerAuthBackup/get', noParams);

/** Backs up what is pending, what is given, or what is kept. */
export const ownerAuthBackupRun = method<OwnerAuthBackupState>()(
  'ownerAuthBackup/run',
  z.strictObject({ ownerAuth: currentAuthText.optional() }).optional(),
);

export interface OwnerAuthBackupCheck {
  readonly server: string;
  readonly form: 'windows8' | 'windows7';
  readonly computer: string;
  readonly target: string;
}

/** Reaches the server, checks rights and schema, changes nothing. */
export const ownerAuthBackupTest = method<OwnerAuthBackupCheck>()('ownerAuthBackup/test', noParams);
