/**
 * The queue in front of the TPM: the queued commands by user and priority, and the command that the TPM is executing.
 */
import * as z from 'zod';
import { READ_OWN_NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { commandCode, count, milliseconds, userKey } from './values.js';

export const WaitingCommands = objectType('WaitingCommands', 'Queued commands of one user and priority.', {
  userKey: userKey.describe('The user.'),
  userName: z.string().nullable().describe('The account name; null if the system has none for the user.'),
  priority: z
    .enum(['low', 'normal', 'high', 'system', 'max', 'aged'])
    .describe('The priority in effect; aged: waited for so long that it precedes all commands that have not.'),
  count: count.describe('The number of queued commands.'),
});
export type WaitingCommands = Described<typeof WaitingCommands>;

export const RunningCommand = objectType('RunningCommand', 'The command that the TPM works on.', {
  userKey: userKey.describe('The user who sent it.'),
  userName: z.string().nullable().describe('The account name; null if the system has none for the user.'),
  code: commandCode.describe('TPM 1.2 ordinal or TPM 2.0 command code.'),
  name: z.string().describe('The command’s name.'),
  durationMs: milliseconds.describe('How long the TPM has been executing it, in milliseconds.'),
});
export type RunningCommand = Described<typeof RunningCommand>;

export const Queue = objectType('Queue', 'The queued commands, and the command that the TPM is executing.', {
  waiting: z
    .array(WaitingCommands)
    .describe('The caller’s own queued commands; for administrators and observers, everybody’s.'),
  running: RunningCommand.nullable().describe(
    'The running command; null if there is none, or if it belongs to a user whom the caller may not observe.',
  ),
});
export type Queue = Described<typeof Queue>;

export const queueGet = method('queue/get', {
  summary: 'Returns the queued commands by user and priority, and the command that the TPM is executing.',
  access: READ_OWN_NOT_SANDBOXED,
  params: noParams,
  result: Queue,
});
