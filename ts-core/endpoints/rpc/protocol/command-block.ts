/** The command filter: which commands each class of callers may send, why, and the local lists. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, EVERYBODY_ALL } from '../../access.js';
import { type Described, method, objectType } from './method.js';
import { callerClass, commandCode, commandReference, tpmVersion, uint32 } from './values.js';

const listName = z.enum(['policy', 'default', 'local', 'notAllowed']);

export const ListStatement = objectType('ListStatement', 'What one list says about a command.', {
  list: listName.describe(
    'policy: Group Policy’s lists; default: what ships; local: Add-TbsCommandBlock and Grant-TbsCommand; notAllowed: on no allowed list.',
  ),
  effect: z.enum(['blocks', 'allows']).describe('What the list does with the command.'),
  inForce: z.boolean().describe('False when policy switches the list off.'),
  source: z.string().describe('Where the list comes from: a policy file, a registry key, the shipped list.'),
  reason: z.string().describe('Why, in words.'),
});
export type ListStatement = Described<typeof ListStatement>;

export const CommandVerdict = objectType(
  'CommandVerdict',
  'Whether one class of callers may send a command, and why.',
  {
    callerClass: callerClass.describe('The class.'),
    allowed: z.boolean().describe('Whether callers of the class may send the command.'),
    decidingList: z
      .enum([...listName.options, 'handleRule', 'embedded'])
      .nullable()
      .describe('The list or rule that decided; null when nothing blocks the command (TPM 1.2).'),
    reason: z.string().describe('Why, in words.'),
    source: z.string().nullable().describe('Where the deciding list comes from; null when no list decided.'),
    liftedBy: z
      .string()
      .nullable()
      .describe(
        'What an administrator does to lift the block, with the cmdlet; null when allowed, or when nothing lifts it.',
      ),
    condition: z
      .string()
      .nullable()
      .describe('A limit on the handles with which the class may send the command; null when there is none.'),
    statements: z.array(ListStatement).describe('What every list says, in the order of precedence.'),
  },
);
export type CommandVerdict = Described<typeof CommandVerdict>;

export const CommandBlock = objectType('CommandBlock', 'A command, with the verdict on it for each class.', {
  tpmVersion: tpmVersion.describe('The TPM version that the code belongs to.'),
  code: commandCode.describe('TPM 1.2 ordinal or TPM 2.0 command code.'),
  name: z
    .string()
    .nullable()
    .describe('TPM2_GetRandom, TPM_GetRandom; null for a code without a name that is only on a list.'),
  verdicts: z.array(CommandVerdict).describe('One for each class that was asked about.'),
});
export type CommandBlock = Described<typeof CommandBlock>;

export const ListChange = objectType('ListChange', 'What a change of the local lists did.', {
  changed: z.array(commandCode).describe('Codes whose state the call changed.'),
  unchanged: z.array(commandCode).describe('Codes that were in the desired state already.'),
  commands: z.array(CommandBlock).describe('The commands after the change.'),
});
export type ListChange = Described<typeof ListChange>;

const tpmVersionOption = tpmVersion.optional().describe('The TPM version; that of the TPM unless given.');

const listChangeParams = z.strictObject({
  commands: z.array(commandReference).min(1).max(512).describe('The commands, by code or name.'),
  tpmVersion: tpmVersionOption,
});

const grantChangeParams = z.strictObject({
  commands: z.array(commandReference).min(1).max(512).describe('The commands, by code or name.'),
  callerClass: callerClass.describe('The class that the grant is for.'),
});

export const commandBlockList = method('commandBlock/list', {
  summary: 'Lists commands with the verdict on them for each class.',
  access: EVERYBODY_ALL,
  params: z
    .strictObject({
      tpmVersion: tpmVersionOption,
      command: commandReference.optional().describe('Only this command; all known and listed ones unless given.'),
    })
    .optional(),
  result: z.strictObject({ commands: z.array(CommandBlock).describe('The commands, by code.') }),
});

export const commandBlockTest = method('commandBlock/test', {
  summary: 'Says whether a class may send a command, why, and what would lift a block.',
  access: EVERYBODY_ALL,
  params: z.strictObject({
    command: commandReference,
    tpmVersion: tpmVersionOption,
    callerClass: callerClass.optional().describe('The class; the caller’s own unless given.'),
    handles: z.array(uint32).max(7).optional().describe('The handles of the command, where a rule names handles.'),
  }),
  result: CommandBlock,
});

export const commandBlockAdd = method('commandBlock/add', {
  summary: 'Adds commands to the local blocked list.',
  access: ADMINISTRATOR_ONLY,
  params: listChangeParams,
  result: ListChange,
});

export const commandBlockRemove = method('commandBlock/remove', {
  summary: 'Removes commands from the local blocked list.',
  access: ADMINISTRATOR_ONLY,
  params: listChangeParams,
  result: ListChange,
});

export const commandGrantAdd = method('commandGrant/add', {
  summary: 'Grants commands to a class: opens those of TPM 2.0, lifts default blocks of TPM 1.2.',
  access: ADMINISTRATOR_ONLY,
  params: grantChangeParams,
  result: ListChange,
});

export const commandGrantRemove = method('commandGrant/remove', {
  summary: 'Takes local grants of commands back from a class.',
  access: ADMINISTRATOR_ONLY,
  params: grantChangeParams,
  result: ListChange,
});
