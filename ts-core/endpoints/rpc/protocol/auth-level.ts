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
  source: z.string().describe('Where it comes from: policy’s source, local, or the default and why.'),
  setByPolicy: z.boolean().describe('Whether policy sets it, so that it cannot be set locally.'),
  activeDirectoryBackup: z.boolean().describe('Whether backup to AD DS is on.'),
});
export type AuthLevel = Described<typeof AuthLevel>;

export const authLevelGet = method('authLevel/get', {
  summary: 'Returns the level in force and where it comes from.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: AuthLevel,
});

export const authLevelSet = method('authLevel/set', {
  summary: 'Sets the level locally; refused, with the source’s name, when policy sets it.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    level: level.describe('OSManagedAuthLevel: None 0, Delegated 2, Full 4, LockoutOnly 5.'),
    newOwnerAuth: ownerAuthText
      .optional()
      .describe(
        'From Full to Delegated the owner authorization is replaced: by this value, or by a random one. With backup to AD DS off the new value is stored nowhere else, and this or force must be given.',
      ),
    force: z.boolean().default(false).describe('Accepts a random new value that is stored nowhere else.'),
  }),
  result: AuthLevel,
});
