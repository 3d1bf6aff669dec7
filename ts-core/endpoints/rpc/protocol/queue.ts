/** The queue in front of the TPM: what waits, by user and priority, and what the TPM works on. */
import * as z from 'zod';
import { READ_OWN_NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { commandCode, count, milliseconds, userKey } from './values.js';

export const WaitingCommands = objectType('WaitingCommands', 'Commands of one user and priority that wait.', {
  userKey: userKey.describe('The user.'),
  userName: z.string().nullable().describe('The account name; null when the system has none for the user.'),
  priority: z
    .enum(['low', 'normal', 'high', 'system', 'max', 'aged'])
    .describe('The priority that applies; aged: waited so long that it goes before everything that has not.'),
  count: count.describe('How many wait.'),
});
export type WaitingCommands = Described<typeof WaitingCommands>;

export const RunningCommand = objectType('RunningCommand', 'The command that the TPM works on.', {
  userKey: userKey.describe('The user who sent it.'),
  userName: z.string().nullable().describe('The account name; null when the system has none for the user.'),
  code: commandCode.describe('TPM 1.2 ordinal or TPM 2.0 command code.'),
  name: z.string().describe('The command’s name.'),
  durationMs: milliseconds.describe('How long the TPM has worked on it so far, in milliseconds.'),
});
export type RunningCommand = Described<typeof RunningCommand>;

export const Queue = objectType('Queue', 'What waits for the TPM, and what it works on.', {
  waiting: z.array(WaitingCommands).describe('What waits; for administrators and observers that of everybody.'),
  running: RunningCommand.nullable().describe(
    'The command at the TPM; null when there is none, or it is another user’s whom the caller may not observe.',
  ),
});
export type Queue = Described<typeof Queue>;

export const queueGet = method('queue/get', {
  summary: 'Returns what waits for the TPM by user and priority, and the command that it works on.',
  access: READ_OWN_NOT_SANDBOXED,
  params: noParams,
  result: Queue,
});
