/**
 * States what each list says about one command for one caller class, in words: the answer to "why".
 *
 * The statements are in order of precedence. The first one that blocks decides. Without one, a TPM 1.2 command is
 * allowed, and a TPM 2.0 command is allowed only if a statement allows it.
 */
import type { CallerClass } from '../caller.js';
import { adviseChange, describeSource } from '../policy/change-advice.js';
import { sourceOfCode } from '../policy/settings.js';
import { commandName } from '../tpm/command-names.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { type FilterLists, isShippedAllowed } from './filter-lists.js';
import { describeCondition } from './handle-rules.js';
import { TPM12_DEFAULT_BLOCKED } from './tpm12-default-blocked.js';
import { TPM20_ALLOWED } from './tpm20-allowed.js';

/**
 * `policy`: blockedCommands, disallowedCommands; `default`: the shipped lists; `local`: Add-TbsCommandBlock and
 * Grant-TbsCommand; `notAllowed`: on no allowed list.
 */
export type ListName = 'policy' | 'default' | 'local' | 'notAllowed';

export interface ListStatement {
  readonly list: ListName;
  readonly effect: 'blocks' | 'allows';
  /** False if policy turns the list off, so that it has no effect. */
  readonly inForce: boolean;
  /** Where the statement comes from: a file, a registry key, or the shipped list. */
  readonly source: string;
  readonly reason: string;
  /** For a statement that blocks: what an administrator can do to lift the block. */
  readonly liftedBy: string;
}

const CLASS_WORDS: Readonly<Record<CallerClass, { readonly parameter: string; readonly people: string }>> = {
  administrator: { parameter: 'Administrator', people: 'administrators' },
  standardUser: { parameter: 'StandardUser', people: 'standard users' },
  sandboxedApp: { parameter: 'SandboxedApp', people: 'sandboxed apps' },
};

const ENTRIES20 = new Map(TPM20_ALLOWED.map((entry) => [entry.code, entry]));
const LOCAL_SOURCE = 'local list of this machine';
const SHIPPED_SOURCE = 'default list that ships with TpmTbs';

/** Returns every statement about the command, blocking ones first. */
export function statementsAbout(
  lists: FilterLists,
  version: TpmVersion,
  code: number,
  callerClass: CallerClass,
): readonly ListStatement[] {
  const byPolicy = policyBlock(lists, version, code);
  const byLocal = localBlock(lists, version, code);
  if (version === '1.2') {
    const shipped = defaultBlock(lists, code, callerClass);
    const lifting = shipped.length > 0 ? grants(lists, code, callerClass) : [];
    return [...byPolicy, ...shipped, ...byLocal, ...lifting];
  }
  const blocking = [...policyWithdrawal(lists, code, callerClass), ...byPolicy, ...byLocal];
  const allowing = allowedLists(lists, code, callerClass);
  return allowing.length > 0 ? [...blocking, ...allowing] : [...blocking, notAllowed(lists, code, callerClass)];
}

function policyBlock(lists: FilterLists, version: TpmVersion, code: number): readonly ListStatement[] {
  const { settings } = lists.policy;
  if (!settings.blockedCommands.includes(code)) return [];
  const source = sourceOfCode(lists.policy, 'blockedCommands', code);
  return [
    {
      list: 'policy',
      effect: 'blocks',
      inForce: settings.blockedCommandsEnabled,
      source: describeSource(source),
      reason: "Policy's list of blocked commands (blockedCommands) names it.",
      liftedBy: adviseChange(`Take ${nameOrNumber(version, code)} off blockedCommands`, source),
    },
  ];
}

/** Returns the statement for a command that policy removes from the allowed list of a class (TPM 2.0 only). */
function policyWithdrawal(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  if (!lists.policy.settings.disallowedCommands[callerClass].includes(code)) return [];
  const { people } = CLASS_WORDS[callerClass];
  const source = sourceOfCode(lists.policy, 'disallowedCommands', code, callerClass);
  return [
    {
      list: 'policy',
      effect: 'blocks',
      inForce: true,
      source: describeSource(source),
      reason: `Policy (disallowedCommands) removes it from the allowed list of ${people}.`,
      liftedBy: adviseChange(`Remove ${nameOrNumber('2.0', code)} from disallowedCommands for ${people}`, source),
    },
  ];
}

function localBlock(lists: FilterLists, version: TpmVersion, code: number): readonly ListStatement[] {
  if (!lists.local.blocked[version].includes(code)) return [];
  return [
    {
      list: 'local',
      effect: 'blocks',
      inForce: !lists.policy.settings.ignoreLocalList,
      source: LOCAL_SOURCE,
      reason: 'An administrator of this machine blocked it.',
      liftedBy: `Remove-TbsCommandBlock -Name ${nameOrNumber(version, code)}, or ${adviseChange('set ignoreLocalList to true', lists.policy.sources.ignoreLocalList)}`,
    },
  ];
}

function defaultBlock(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  const entry = TPM12_DEFAULT_BLOCKED[callerClass].find(({ ordinal }) => ordinal === code);
  if (entry === undefined) return [];
  return [
    {
      list: 'default',
      effect: 'blocks',
      inForce: !lists.policy.settings.ignoreDefaultList && grants(lists, code, callerClass).length === 0,
      source: SHIPPED_SOURCE,
      reason: entry.reason,
      liftedBy: `${grantOf(lists, '1.2', code, callerClass)} To lift the whole default list of TPM 1.2: ${adviseChange('set ignoreDefaultList to true', lists.policy.sources.ignoreDefaultList)}`,
    },
  ];
}

function allowedLists(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  const [byPolicy, byLocal] = [policyGrant(lists, code, callerClass), localGrant(lists, code, callerClass)];
  const entry = ENTRIES20.get(code);
  if (entry === undefined || !isShippedAllowed(entry, callerClass)) return [...byPolicy, ...byLocal];
  const condition = lists.classes[callerClass].conditions20.get(code);
  const limit = condition === undefined ? '' : ` Limit: ${describeCondition(condition)}.`;
  return [...byPolicy, allows('default', SHIPPED_SOURCE, `${entry.reason}${limit}`), ...byLocal];
}

/** Returns what allows a TPM 2.0 command to a class, or lifts a default block of a TPM 1.2 command for it. */
function grants(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  return [...policyGrant(lists, code, callerClass), ...localGrant(lists, code, callerClass)];
}

function policyGrant(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  if (!lists.policy.settings.allowedCommands[callerClass].includes(code)) return [];
  const { people } = CLASS_WORDS[callerClass];
  const source = describeSource(sourceOfCode(lists.policy, 'allowedCommands', code, callerClass));
  return [allows('policy', source, `Policy (allowedCommands) allows it to ${people}.`)];
}

function localGrant(lists: FilterLists, code: number, callerClass: CallerClass): readonly ListStatement[] {
  if (!lists.local.allowed[callerClass].includes(code)) return [];
  const { people } = CLASS_WORDS[callerClass];
  return [allows('local', LOCAL_SOURCE, `An administrator of this machine granted it to ${people}.`)];
}

function allows(list: ListName, source: string, reason: string): ListStatement {
  return { list, effect: 'allows', inForce: true, source, reason, liftedBy: '' };
}

function notAllowed(lists: FilterLists, code: number, callerClass: CallerClass): ListStatement {
  const { people } = CLASS_WORDS[callerClass];
  const why = ENTRIES20.get(code)?.reason ?? 'TpmTbs does not know the command, and blocks what it does not know.';
  return {
    list: 'notAllowed',
    effect: 'blocks',
    inForce: true,
    source: SHIPPED_SOURCE,
    reason: `No allowed list of ${people} has it. ${why}`,
    liftedBy: grantOf(lists, '2.0', code, callerClass),
  };
}

/** Returns how an administrator allows a command to a class. */
export function grantOf(lists: FilterLists, version: TpmVersion, code: number, callerClass: CallerClass): string {
  const { parameter } = CLASS_WORDS[callerClass];
  const name = nameOrNumber(version, code);
  const byPolicy = adviseChange(`add ${name} to allowedCommands`, lists.policy.sources.allowedCommands);
  return `Grant-TbsCommand -Class ${parameter} -Name ${name}, or ${byPolicy}`;
}

function nameOrNumber(version: TpmVersion, code: number): string {
  return commandName(version, code) ?? (version === '2.0' ? `0x${code.toString(16).toUpperCase()}` : `${code}`);
}
