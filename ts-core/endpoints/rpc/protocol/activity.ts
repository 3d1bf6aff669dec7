/** What the TPM did during the last seconds, by command. */
import * as z from 'zod';
import { OBSERVERS_ONLY } from '../../access.js';
import { type Described, method, objectType } from './method.js';
import { commandCode, milliseconds } from './values.js';

const rate = z.number().min(0);

export const CommandActivity = objectType('CommandActivity', 'How often and how fast one command was executed.', {
  code: commandCode
    .nullable()
    .describe(
      'TPM 1.2 ordinal or TPM 2.0 command code; null for all that the specification does not name, submissions that were no command included.',
    ),
  name: z.string().describe('The command’s name.'),
  perSecond: rate.describe('Commands that the TPM answered, per second.'),
  unansweredPerSecond: rate.describe('Submissions that were refused, cancelled or failed, per second.'),
  meanMs: milliseconds.describe('Mean duration of the answered commands, swapping included, in milliseconds.'),
  longestMs: milliseconds.describe('The longest of them, in milliseconds.'),
});
export type CommandActivity = Described<typeof CommandActivity>;

export const Activity = objectType('Activity', 'What the TPM did during the last seconds.', {
  periodSeconds: rate.describe('The period that the figures cover; shorter than requested after a start.'),
  perSecond: rate.describe('Commands of all codes that the TPM answered, per second.'),
  commands: z.array(CommandActivity).describe('By command, most frequent first.'),
});
export type Activity = Described<typeof Activity>;

export const activityGet = method('activity/get', {
  summary: 'Returns how many commands the TPM executed during the last seconds, by command, and how long they took.',
  access: OBSERVERS_ONLY,
  params: z
    .strictObject({
      seconds: z.number().int().min(1).max(60).default(10).describe('The length of the period in seconds.'),
    })
    .optional(),
  result: Activity,
  example: { seconds: 60 },
});
