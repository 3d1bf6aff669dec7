/** Owner authorization. Secrets travel as base64 in the body of a message, and nowhere else. */
import * as z from 'zod';
import { parseAuth, parseOwnerAuth } from '../../../domain/owner-auth/owner-auth-value.js';
import { ADMINISTRATOR_ONLY } from '../../access.js';
import { type Described, method, nothing, objectType } from './method.js';
import { base64Bytes, uint32 } from './values.js';

/** A new value. The message that refuses an invalid value does not repeat it. */
export const ownerAuthText = z
  .string()
  .max(28)
  .refine((text) => parseOwnerAuth(text) !== undefined, 'must be an owner authorization: base64 of 20 bytes')
  .meta({ contentEncoding: 'base64', description: 'A new value: 20 bytes, as ConvertTo-TpmOwnerAuth returns.' });

/** The current value, which may have been set by other means. */
export const currentAuthText = z
  .string()
  .max(88)
  .refine((text) => parseAuth(text) !== undefined, 'must be the base64 of at most 64 bytes')
  .meta({ contentEncoding: 'base64', description: 'The owner authorization in force: at most 64 bytes.' });

export const OwnerAuthChange = objectType('OwnerAuthChange', 'The result of changing the owner authorization.', {
  kept: z.boolean().describe('Whether this machine stores the value, which depends on the level.'),
  backup: z.enum(['off', 'done', 'pending']).describe('Whether AD DS has the value; pending: the backup is retried.'),
});
export type OwnerAuthChange = Described<typeof OwnerAuthChange>;

export const ownerAuthSet = method('ownerAuth/set', {
  summary: 'Replaces the owner authorization.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    ownerAuth: currentAuthText.optional().describe('The current value; default: the stored one.'),
    newOwnerAuth: ownerAuthText,
  }),
  result: OwnerAuthChange,
});

export const ownerAuthImport = method('ownerAuth/import', {
  summary: 'Stores a value that is already set in the TPM, after trying it once.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({ ownerAuth: currentAuthText }),
  result: nothing,
});

export const StoredOwnerAuth = objectType('StoredOwnerAuth', 'A stored authorization value.', {
  ownerAuth: base64Bytes.describe(
    'The value. A delegation: 20 bytes of authorization value, then the TPM_DELEGATE_OWNER_BLOB.',
  ),
});
export type StoredOwnerAuth = Described<typeof StoredOwnerAuth>;

export const ownerAuthGet = method('ownerAuth/get', {
  summary: 'Returns stored owner authorization information (Tbsi_Get_OwnerAuth).',
  // Standard users may read only the user delegation of a TPM 1.2.
  access: { administrator: 'all', observer: 'own', standardUser: 'own', sandboxedApp: 'none' },
  params: z.strictObject({
    type: z
      .union([uint32, z.enum(['Full', 'Admin', 'User', 'Endorsement', 'Endorsement20', 'Storage20'])])
      .describe('TBS_OWNERAUTH_TYPE: its number or its name.'),
  }),
  result: StoredOwnerAuth,
});
