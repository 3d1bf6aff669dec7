/** Explains why a command is blocked and what would lift the block, and lists the codes of all known commands. */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import { commandName, knownCommands } from '../tpm/command-names.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { decide, decideCode, type FilterVerdict } from './command-filter.js';
import type { FilterLists } from './filter-lists.js';
import { describeCondition } from './handle-rules.js';
import { type ListStatement, statementsAbout } from './list-statements.js';

export interface CommandQuestion {
  readonly version: TpmVersion;
  readonly code: number;
  readonly callerClass: CallerClass;
  /** The handles of the command in question, TPM 2.0 only; undefined if the question names none. */
  readonly handles?: readonly number[] | undefined;
}

export interface CommandExplanation {
  readonly version: TpmVersion;
  readonly code: number;
  readonly name: string | undefined;
  readonly callerClass: CallerClass;
  readonly verdict: FilterVerdict;
  /** The statements of all lists in order of precedence, including lists that policy turns off. */
  readonly statements: readonly ListStatement[];
  /** A restriction on the handles with which this class may send the command. */
  readonly condition: string | undefined;
  /** Everything that has to be done before this class may send the command. Empty if it already may. */
  readonly liftedBy: readonly string[];
}

/** Explains the verdict on one command for one class. */
export function explain(lists: FilterLists, question: CommandQuestion): CommandExplanation {
  const { version, code, callerClass, handles } = question;
  const verdict =
    version === '2.0' && handles !== undefined
      ? decide({ version, code, callerClass, lists, handles, command: new Uint8Array(0) })
      : decideCode(lists, version, code, callerClass);
  const statements = statementsAbout(lists, version, code, callerClass);
  return {
    version,
    code,
    name: commandName(version, code),
    callerClass,
    verdict,
    statements,
    condition: conditionOf(lists, version, code, callerClass),
    liftedBy: whatLifts(verdict, statements),
  };
}

/** Returns what lifts every block, not just the one that decides first. */
function whatLifts(verdict: FilterVerdict, statements: readonly ListStatement[]): readonly string[] {
  if (verdict.allowed) return [];
  if (verdict.list === 'handleRule') return [verdict.liftedBy];
  return statements.filter(({ effect, inForce }) => effect === 'blocks' && inForce).map(({ liftedBy }) => liftedBy);
}

function conditionOf(
  lists: FilterLists,
  version: TpmVersion,
  code: number,
  callerClass: CallerClass,
): string | undefined {
  const condition = version === '2.0' ? lists.classes[callerClass].conditions20.get(code) : undefined;
  return condition === undefined ? undefined : describeCondition(condition);
}

/** Returns every code that has a name or that any list names, in order: what Get-TbsCommandBlock lists. */
export function listedCodes(lists: FilterLists, version: TpmVersion): readonly number[] {
  const codes = new Set([...knownCommands(version).map(({ code }) => code), ...namedCodes(lists, version)]);
  return [...codes].sort((left, right) => left - right);
}

/** Codes on the lists of policy and of this machine, which may be vendor commands without a known name. */
function namedCodes(lists: FilterLists, version: TpmVersion): readonly number[] {
  const { settings } = lists.policy;
  const other: TpmVersion = version === '2.0' ? '1.2' : '2.0';
  const blocked = [
    // Policy has one list for both TPM versions.
    ...settings.blockedCommands.filter((code) => commandName(other, code) === undefined),
    ...lists.local.blocked[version],
  ];
  if (version === '1.2') return blocked;
  const byClass = CALLER_CLASSES.flatMap((name) => [
    ...settings.allowedCommands[name],
    ...settings.disallowedCommands[name],
    ...lists.local.allowed[name],
  ]);
  return [...blocked, ...byClass];
}
