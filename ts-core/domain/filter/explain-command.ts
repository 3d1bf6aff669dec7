/** The full answer to "why is it blocked, and what would unblock it", and the list of every known command. */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import { commandName, knownCommands } from '../tpm/command-names.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { type DecidingList, decide, decideCode, type FilterVerdict } from './command-filter.js';
import type { FilterLists } from './filter-lists.js';
import { describeCondition } from './handle-rules.js';
import { type ListStatement, statementsAbout } from './list-statements.js';

export interface CommandQuestion {
  readonly version: TpmVersion;
  readonly code: number;
  readonly callerClass: CallerClass;
  /** TPM 2.0, when the question is about a command with these handles; otherwise undefined. */
  readonly handles?: readonly number[] | undefined;
}

export interface CommandExplanation {
  readonly version: TpmVersion;
  readonly code: number;
  readonly name: string | undefined;
  readonly callerClass: CallerClass;
  readonly verdict: FilterVerdict;
  /** Everything that any list says, in the order of precedence, lists that policy switches off included. */
  readonly statements: readonly ListStatement[];
  /** A limit on the handles with which this class may send it. */
  readonly condition: string | undefined;
  /** What has to be done, all of it, before this class may send the command. Empty when it may. */
  readonly liftedBy: readonly string[];
}

export interface ClassVerdict {
  readonly allowed: boolean;
  /** What decides: the list that blocks, or the one that allows; `none` for TPM 1.2, when no list names it. */
  readonly list: DecidingList | 'none';
  readonly source: string;
  readonly reason: string;
  readonly condition: string | undefined;
}

export interface ListedCommand {
  readonly version: TpmVersion;
  readonly code: number;
  readonly name: string | undefined;
  readonly verdicts: Readonly<Record<CallerClass, ClassVerdict>>;
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

/** Every block has to be lifted, not only the one that decides first. */
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

/** Every command that has a name or that any list names, in order of its code, with its verdict for each class. */
export function listCommands(lists: FilterLists, version: TpmVersion): readonly ListedCommand[] {
  const codes = new Set([...knownCommands(version).map(({ code }) => code), ...namedCodes(lists, version)]);
  return [...codes].sort((left, right) => left - right).map((code) => listCommand(lists, version, code));
}

function listCommand(lists: FilterLists, version: TpmVersion, code: number): ListedCommand {
  const verdictOf = (callerClass: CallerClass) => classVerdict(lists, version, code, callerClass);
  return {
    version,
    code,
    name: commandName(version, code),
    verdicts: {
      administrator: verdictOf('administrator'),
      standardUser: verdictOf('standardUser'),
      sandboxedApp: verdictOf('sandboxedApp'),
    },
  };
}

function classVerdict(lists: FilterLists, version: TpmVersion, code: number, callerClass: CallerClass): ClassVerdict {
  const verdict = decideCode(lists, version, code, callerClass);
  const condition = conditionOf(lists, version, code, callerClass);
  if (!verdict.allowed) {
    return { allowed: false, list: verdict.list, source: verdict.source, reason: verdict.reason, condition: undefined };
  }
  const allowing = statementsAbout(lists, version, code, callerClass).find(({ effect }) => effect === 'allows');
  if (allowing === undefined) {
    return { allowed: true, list: 'none', source: '', reason: 'No list in force blocks it.', condition };
  }
  return { allowed: true, list: allowing.list, source: allowing.source, reason: allowing.reason, condition };
}

/** Codes on the lists of policy and of this machine: they may be vendor commands without a name here. */
function namedCodes(lists: FilterLists, version: TpmVersion): readonly number[] {
  const { settings } = lists.policy;
  const blocked = [
    ...settings.blockedCommands.filter((code) => couldBe(version, code)),
    ...lists.local.blocked[version],
  ];
  if (version === '1.2') return blocked;
  const granted = CALLER_CLASSES.flatMap((name) => [...settings.allowedCommands[name], ...lists.local.allowed[name]]);
  return [...blocked, ...granted];
}

/** Policy has one list for both versions: a code that only the other version knows is not shown. */
function couldBe(version: TpmVersion, code: number): boolean {
  return commandName(version, code) !== undefined || commandName(version === '2.0' ? '1.2' : '2.0', code) === undefined;
}
