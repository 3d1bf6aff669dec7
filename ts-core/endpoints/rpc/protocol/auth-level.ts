import { z } from 'zod';
import { method, noParams } from './method.js';
import { ownerAuthText } from './owner-auth.js';

export interface AuthLevelState {
  /** OSManagedAuthLevel in force: None 0, Delegated 2, Full 4, 5. */
  readonly level: 0 | 2 | 4 | 5;
  readonly levelName: 'None' | 'Delegated' | 'Full' | 'LockoutOnly';
  /** Where it comes from: policy's source, local, or the default and why. */
  readonly source: string;
  readonly setByPolicy: boolean;
  readonly activeDirectoryBackup: boolean;
}

export const authLevelGet = method<AuthLevelState>()('authLevel/get', noParams);

/** Refused when policy sets the level: the error names its source. Administrators only. */
export const authLevelSet = method<AuthLevelState>()(
  'authLevel/set',
  z.strictObject({
    level: z.union([z.literal(0), z.literal(2), z.literal(4), z.literal(5)]),
    /**
     * From Full to Delegated a new owner authorization is made: this one (base64 of 20 bytes), or a random one. With AD DS
     * backup off nothing else keeps it, and it or `force` must be given.
     */
    newOwnerAuth: ownerAuthText.optional(),
    force: z.boolean().default(false),
  }),
);
