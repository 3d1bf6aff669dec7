/** Submitting commands to the TPM, and cancelling them. */
import * as z from 'zod';
import { TBS_COMMAND_PRIORITY } from '../../../domain/scheduling/priority.js';
import { CHANGE_OWN, OWN_CONTEXT_ONLY } from '../../access.js';
import { type Described, method, nothing, objectType } from './method.js';
import { base64Bytes, contextId, milliseconds, uint32 } from './values.js';

/** `LOW 100, NORMAL 200, …, MAX 0x80000000`. */
const PRIORITIES = Object.entries(TBS_COMMAND_PRIORITY)
  .map(([name, value]) => `${name} ${value < 1000 ? value : `0x${value.toString(16)}`}`)
  .join(', ');

export const CommandResult = objectType(
  'CommandResult',
  'The TPM’s response to a command. An error response of the TPM is still a successful submission.',
  {
    response: base64Bytes.describe('The whole response.'),
    responseCode: uint32.describe('The response code: TPM_RC or TPM_RESULT.'),
    responseName: z.string().describe('The response code’s name: TPM_RC_SUCCESS.'),
    appliedPriority: uint32.describe('The priority at which the command was queued (TBS_COMMAND_PRIORITY).'),
    waitMs: milliseconds.describe('Time in the queue, in milliseconds.'),
    durationMs: milliseconds.describe('Time at the TPM, in milliseconds.'),
  },
);
export type CommandResult = Described<typeof CommandResult>;

export const commandSubmit = method('command/submit', {
  summary: 'Sends one command to the TPM and returns its response (Tbsip_Submit_Command).',
  access: OWN_CONTEXT_ONLY,
  params: z.strictObject({
    contextId: contextId
      .optional()
      .describe('The context; without one, the command runs in a temporary context that is closed afterwards.'),
    command: base64Bytes.max(24_576).describe('The whole command.'),
    locality: z
      .number()
      .int()
      .min(0)
      .max(4)
      .default(0)
      .describe('The locality; values above 0 are for administrators only.'),
    priority: z
      .number()
      .int()
      .min(1)
      .max(TBS_COMMAND_PRIORITY.MAX)
      .default(TBS_COMMAND_PRIORITY.NORMAL)
      .describe(`TBS_COMMAND_PRIORITY: ${PRIORITIES}.`),
    deadlineMs: z
      .number()
      .int()
      .min(1)
      .max(86_400_000)
      .optional()
      .describe('Milliseconds after which a command that is still queued is cancelled.'),
  }),
  result: CommandResult,
});

export const commandCancel = method('command/cancel', {
  summary: 'Cancels every outstanding command of a context (Tbsip_Cancel_Commands).',
  access: CHANGE_OWN,
  params: z.strictObject({
    contextId: contextId
      .optional()
      .describe('The context; without one, the commands that this connection submitted without naming a context.'),
  }),
  result: nothing,
});
