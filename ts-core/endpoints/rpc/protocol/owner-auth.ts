/** Owner authorization: secrets are base64 in the message's body, and nowhere else. */
import { z } from 'zod';
import { parseAuth, parseOwnerAuth } from '../../../domain/owner-auth/owner-auth-value.js';
import { method } from './method.js';

/** A new value: base64 of 20 bytes, as ConvertTo-TpmOwnerAuth gives. The issue does not repeat what was sent. */
export const ownerAuthText = z
  .string()
  .max(28)
  .refine((text) => parseOwnerAuth(text) !== undefined, 'must be an owner authorization: base64 of 20 bytes');

/** The value in force, which may have been set by other means. */
export const currentAuthText = z
  .string()
  .max(88)
  .refine((text) => parseAuth(text) !== undefined, 'must be the base64 of at most 64 bytes');

export interface OwnerAuthOutcome {
  readonly kept: boolean;
  readonly backup: 'off' | 'done' | 'pending';
}

/** Replaces the owner authorization. `ownerAuth`: the one in force, the one that is kept unless given. */
export const ownerAuthSet = method<OwnerAuthOutcome>()(
  'ownerAuth/set',
  z.strictObject({ ownerAuth: currentAuthText.optional(), newOwnerAuth: ownerAuthText }),
);

/** Keeps a value that the TPM has; it is tried once. */
export const ownerAuthImport = method<Record<string, never>>()(
  'ownerAuth/import',
  z.strictObject({ ownerAuth: currentAuthText }),
);

export interface StoredOwnerAuth {
  /** Base64. Delegations: 20 bytes of authorization value, then the TPM_DELEGATE_OWNER_BLOB. */
  readonly ownerAuth: string;
}

/** Tbsi_Get_OwnerAuth. `type`: TBS_OWNERAUTH_TYPE or its name. */
export const ownerAuthGet = method<StoredOwnerAuth>()(
  'ownerAuth/get',
  z.strictObject({
    type: z.union([
      z.number().int().min(0).max(0xffffffff),
      z.enum(['Full', 'Admin', 'User', 'Endorsement', 'Endorsement20', 'Storage20']),
    ]),
  }),
);
