/** The command filter: which commands each caller class may send, why, and the local lists. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, EVERYBODY_ALL } from '../../access.js';
import { type Described, method, objectType } from './method.js';
import { callerClass, commandCode, commandReference, tpmVersion, uint32 } from './values.js';

const listName = z.enum(['policy', 'default', 'local', 'notAllowed']);

export const ListStatement = objectType('ListStatement', 'One list’s effect on a command.', {
  list: listName.describe(
    'policy: the lists of Group Policy; default: the shipped lists; local: Add-TbsCommandBlock and Grant-TbsCommand; notAllowed: on no allowed list.',
  ),
  effect: z.enum(['blocks', 'allows']).describe('What the list does with the command.'),
  inForce: z.boolean().describe('False if policy turns the list off.'),
  source: z.string().describe('Where the list comes from: a policy file, a registry key, the shipped list.'),
  reason: z.string().describe('Why, in words.'),
});
export type ListStatement = Described<typeof ListStatement>;

export const CommandVerdict = objectType('CommandVerdict', 'Whether one caller class may send a command, and why.', {
  callerClass: callerClass.describe('The class.'),
  allowed: z.boolean().describe('Whether callers of the class may send the command.'),
  decidingList: z
    .enum([...listName.options, 'handleRule', 'embedded'])
    .nullable()
    .describe('The list or rule that decided; null if nothing blocks the command (TPM 1.2).'),
  reason: z.string().describe('Why, in words.'),
  source: z.string().nullable().describe('Where the deciding list comes from; null if no list decided.'),
  liftedBy: z
    .string()
    .nullable()
    .describe(
      'What an administrator can do to lift the block, with the cmdlet; null if the command is allowed or nothing lifts the block.',
    ),
  condition: z
    .string()
    .nullable()
    .describe('A restriction on the handles with which the class may send the command; null if there is none.'),
  statements: z.array(ListStatement).describe('The effect of every list, in order of precedence.'),
});
export type CommandVerdict = Described<typeof CommandVerdict>;

export const CommandBlock = objectType('CommandBlock', 'A command, with the verdict for each caller class.', {
  tpmVersion: tpmVersion.describe('The TPM version that the code belongs to.'),
  code: commandCode.describe('TPM 1.2 ordinal or TPM 2.0 command code.'),
  name: z
    .string()
    .nullable()
    .describe('TPM2_GetRandom, TPM_GetRandom; null for a code without a name that is only on a list.'),
  verdicts: z.array(CommandVerdict).describe('One verdict for each requested class.'),
});
export type CommandBlock = Described<typeof CommandBlock>;

export const ListChange = objectType('ListChange', 'The result of changing the local lists.', {
  changed: z.array(commandCode).describe('Codes whose state the call changed.'),
  unchanged: z.array(commandCode).describe('Codes that already were in the desired state.'),
  commands: z.array(CommandBlock).describe('The commands after the change.'),
});
export type ListChange = Described<typeof ListChange>;

const tpmVersionOption = tpmVersion.optional().describe('The TPM version; default: that of the TPM.');

const listChangeParams = z.strictObject({
  commands: z.array(commandReference).min(1).max(512).describe('The commands, by code or name.'),
  tpmVersion: tpmVersionOption,
});

const grantChangeParams = z.strictObject({
  commands: z.array(commandReference).min(1).max(512).describe('The commands, by code or name.'),
  callerClass: callerClass.describe('The class to which the grant applies.'),
});

export const commandBlockList = method('commandBlock/list', {
  summary: 'Lists commands with the verdict for each caller class.',
  access: EVERYBODY_ALL,
  params: z
    .strictObject({
      tpmVersion: tpmVersionOption,
      command: commandReference.optional().describe('Only this command; default: all known and all listed commands.'),
    })
    .optional(),
  result: z.strictObject({ commands: z.array(CommandBlock).describe('The commands, by code.') }),
});

export const commandBlockTest = method('commandBlock/test', {
  summary: 'Returns whether a class may send a command, why, and what would lift a block.',
  access: EVERYBODY_ALL,
  params: z.strictObject({
    command: commandReference,
    tpmVersion: tpmVersionOption,
    callerClass: callerClass.optional().describe('The class; default: the caller’s own.'),
    handles: z
      .array(uint32)
      .max(7)
      .optional()
      .describe('The handles of the command, in case a rule restricts handles.'),
  }),
  result: CommandBlock,
  example: { command: 'TPM2_Clear', callerClass: 'standardUser' },
});

export const commandBlockAdd = method('commandBlock/add', {
  summary: 'Adds commands to the local blocked list.',
  access: ADMINISTRATOR_ONLY,
  params: listChangeParams,
  result: ListChange,
  example: { commands: ['TPM2_Sign'] },
});

export const commandBlockRemove = method('commandBlock/remove', {
  summary: 'Removes commands from the local blocked list.',
  access: ADMINISTRATOR_ONLY,
  params: listChangeParams,
  result: ListChange,
  example: { commands: ['TPM2_Sign'] },
});

export const commandGrantAdd = method('commandGrant/add', {
  summary:
    'Grants commands to a class: adds TPM 2.0 commands to its allowed list, lifts default blocks of TPM 1.2 commands.',
  access: ADMINISTRATOR_ONLY,
  params: grantChangeParams,
  result: ListChange,
  example: { commands: ['TPM2_SetPrimaryPolicy'], callerClass: 'standardUser' },
});

export const commandGrantRemove = method('commandGrant/remove', {
  summary: 'Withdraws local grants of commands from a class.',
  access: ADMINISTRATOR_ONLY,
  params: grantChangeParams,
  result: ListChange,
  example: { commands: ['TPM2_SetPrimaryPolicy'], callerClass: 'standardUser' },
});
