/** Objects and sessions that callers hold in the TPM. */
import * as z from 'zod';
import { CHANGE_OWN, READ_OWN } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { contextId, uint32, userKey } from './values.js';

export const Resource = objectType('Resource', 'An object or session that a context holds.', {
  id: z.string().describe('Identifies the resource as long as the broker runs.'),
  kind: z
    .enum(['transient', 'loadedSession', 'savedSession', 'sequence', 'key', 'authSession', 'transportSession'])
    .describe('What it is; the last three exist on TPM 1.2 only.'),
  userKey: userKey.describe('The user who holds it.'),
  contextId: contextId
    .nullable()
    .describe('The context that holds it; null for a saved session whose context has been closed.'),
  virtualHandle: uint32.describe('The handle that the context sees.'),
  resident: z.boolean().describe('Whether it is in the TPM now; false if it is swapped out.'),
  userName: z.string().nullable().describe('The account name; null if the system has none for the user.'),
});
export type Resource = Described<typeof Resource>;

export const resourceList = method('resource/list', {
  summary: 'Lists the caller’s resources; for administrators and observers, everybody’s.',
  access: READ_OWN,
  params: noParams,
  result: z.strictObject({ resources: z.array(Resource).describe('The resources.') }),
});

export const resourceRemove = method('resource/remove', {
  summary: 'Flushes one resource from the TPM.',
  access: CHANGE_OWN,
  params: z.strictObject({ id: z.string().min(1).max(80).describe('The resource’s id.') }),
  result: z.strictObject({
    removed: z.boolean().describe('Whether a resource was flushed: one that exists and that the caller may flush.'),
  }),
});
