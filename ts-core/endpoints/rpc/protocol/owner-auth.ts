/** Owner authorization: secrets are base64 in the message's body, and nowhere else. */
import * as z from 'zod';
import { parseAuth, parseOwnerAuth } from '../../../domain/owner-auth/owner-auth-value.js';
import { ADMINISTRATOR_ONLY } from '../../access.js';
import { type Described, method, nothing, objectType } from './method.js';
import { base64Bytes, uint32 } from './values.js';

/** A new value. The message of a refusal does not repeat what was sent. */
export const ownerAuthText = z
  .string()
  .max(28)
  .refine((text) => parseOwnerAuth(text) !== undefined, 'must be an owner authorization: base64 of 20 bytes')
  .meta({ contentEncoding: 'base64', description: 'A new value: 20 bytes, as ConvertTo-TpmOwnerAuth returns.' });

/** The value in force, which may have been set by other means. */
export const currentAuthText = z
  .string()
  .max(88)
  .refine((text) => parseAuth(text) !== undefined, 'must be the base64 of at most 64 bytes')
  .meta({ contentEncoding: 'base64', description: 'The owner authorization in force: at most 64 bytes.' });

export const OwnerAuthChange = objectType('OwnerAuthChange', 'What became of a new owner authorization.', {
  kept: z.boolean().describe('Whether the level lets this machine store the value.'),
  backup: z.enum(['off', 'done', 'pending']).describe('Whether AD DS has the value; pending: it is tried again.'),
});
export type OwnerAuthChange = Described<typeof OwnerAuthChange>;

export const ownerAuthSet = method('ownerAuth/set', {
  summary: 'Replaces the owner authorization.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    ownerAuth: currentAuthText.optional().describe('The value in force; the stored one unless given.'),
    newOwnerAuth: ownerAuthText,
  }),
  result: OwnerAuthChange,
});

export const ownerAuthImport = method('ownerAuth/import', {
  summary: 'Stores a value that the TPM has already, after trying it once.',
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
  // Standard users may read the user delegation of a TPM 1.2 only.
  access: { administrator: 'all', observer: 'own', standardUser: 'own', sandboxedApp: 'none' },
  params: z.strictObject({
    type: z
      .union([uint32, z.enum(['Full', 'Admin', 'User', 'Endorsement', 'Endorsement20', 'Storage20'])])
      .describe('TBS_OWNERAUTH_TYPE: its number or its name.'),
  }),
  result: StoredOwnerAuth,
});
