/** The level of owner authorization information that the operating system may use (OSManagedAuthLevel). */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { ownerAuthText } from './owner-auth.js';

const level = z.union([z.literal(0), z.literal(2), z.literal(4), z.literal(5)]);

export const levelName = z.enum(['None', 'Delegated', 'Full', 'LockoutOnly']);

export const AuthLevel = objectType('AuthLevel', 'The level of owner authorization in force.', {
  level: level.describe('OSManagedAuthLevel: None 0, Delegated 2, Full 4, LockoutOnly 5.'),
  levelName: levelName.describe('The level’s name.'),
  source: z.string().describe('Where it comes from: the policy source, local, or the default with its reason.'),
  setByPolicy: z.boolean().describe('Whether policy sets it; it then cannot be set locally.'),
  activeDirectoryBackup: z.boolean().describe('Whether backup to AD DS is on.'),
});
export type AuthLevel = Described<typeof AuthLevel>;

export const authLevelGet = method('authLevel/get', {
  summary: 'Returns the level in force and its source.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: AuthLevel,
});

export const authLevelSet = method('authLevel/set', {
  summary: 'Sets the level locally. Refused, naming the source, if policy sets it.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    level: level.describe('OSManagedAuthLevel: None 0, Delegated 2, Full 4, LockoutOnly 5.'),
    newOwnerAuth: ownerAuthText
      .optional()
      .describe(
        'The new owner authorization when the level changes from Full to Delegated; default: a random one. If backup to AD DS is off, the new value is stored nowhere, so either this or force is required.',
      ),
    force: z.boolean().default(false).describe('Accepts a random new value that is stored nowhere.'),
  }),
  result: AuthLevel,
  example: { level: 4 },
});
