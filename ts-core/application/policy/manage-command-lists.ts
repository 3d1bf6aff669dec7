/** Implements Get-, Test-, Add- and Remove-TbsCommandBlock, Grant- and Revoke-TbsCommand. */
import { CALLER_CLASSES, type Caller, type CallerClass } from '../../domain/caller.js';
import { type CommandExplanation, explain, listedCodes } from '../../domain/filter/explain-command.js';
import type { LocalCommandLists } from '../../domain/filter/local-command-lists.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { TbsError } from '../../domain/tbs-error.js';
import { commandLabel, findCommand } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Events } from '../events/events.js';
import type { CommandLists } from './command-lists.js';

/** A command code, or a name in any form that `findCommand` accepts. */
export type CommandReference = number | string;

export interface ListChange {
  readonly changed: readonly number[];
  readonly unchanged: readonly number[];
  readonly commands: readonly (readonly CommandExplanation[])[];
}

export class ManageCommandLists {
  /** Serialises changes: each starts from the result of the one before. */
  readonly #changes = new OneAtATime();
  readonly #tpmVersion: TpmVersion;
  readonly #lists: CommandLists;
  readonly #events: Events;

  constructor(tpmVersion: TpmVersion, lists: CommandLists, events: Events) {
    this.#tpmVersion = tpmVersion;
    this.#lists = lists;
    this.#events = events;
  }

  /** Grows with every change of what `list` returns. */
  get revision(): number {
    return this.#lists.revision;
  }

  /** Returns every known command, or one, with its verdict for each caller class. */
  list(version: TpmVersion | undefined, command: CommandReference | undefined): (readonly CommandExplanation[])[] {
    const chosen = version ?? this.#tpmVersion;
    const codes = command === undefined ? listedCodes(this.#lists.lists, chosen) : [resolveCommand(chosen, command)];
    return codes.map((code) => this.#explainForAll(chosen, code));
  }

  test(
    command: CommandReference,
    callerClass: CallerClass,
    version: TpmVersion | undefined,
    handles: readonly number[] | undefined,
  ): CommandExplanation {
    const chosen = version ?? this.#tpmVersion;
    return explain(this.#lists.lists, { version: chosen, code: resolveCommand(chosen, command), callerClass, handles });
  }

  block(caller: Caller, commands: readonly CommandReference[], version: TpmVersion | undefined): Promise<ListChange> {
    return this.#changeBlocked(caller, commands, version ?? this.#tpmVersion, add, 'blocked locally');
  }

  unblock(caller: Caller, commands: readonly CommandReference[], version: TpmVersion | undefined): Promise<ListChange> {
    return this.#changeBlocked(caller, commands, version ?? this.#tpmVersion, remove, 'no longer blocked locally');
  }

  grant(caller: Caller, commands: readonly CommandReference[], callerClass: CallerClass): Promise<ListChange> {
    return this.#changeGranted(caller, commands, callerClass, add, `granted to ${callerClass}`);
  }

  revoke(caller: Caller, commands: readonly CommandReference[], callerClass: CallerClass): Promise<ListChange> {
    return this.#changeGranted(caller, commands, callerClass, remove, `no longer granted to ${callerClass}`);
  }

  #changeBlocked(
    caller: Caller,
    commands: readonly CommandReference[],
    version: TpmVersion,
    change: SetChange,
    words: string,
  ): Promise<ListChange> {
    return this.#change(caller, commands, version, words, (local, codes) => {
      const { list, changed } = change(local.blocked[version], codes);
      return { local: { ...local, blocked: { ...local.blocked, [version]: list } }, changed };
    });
  }

  #changeGranted(
    caller: Caller,
    commands: readonly CommandReference[],
    callerClass: CallerClass,
    change: SetChange,
    words: string,
  ): Promise<ListChange> {
    return this.#change(caller, commands, this.#tpmVersion, words, (local, codes) => {
      const { list, changed } = change(local.allowed[callerClass], codes);
      return { local: { ...local, allowed: { ...local.allowed, [callerClass]: list } }, changed };
    });
  }

  #change(
    caller: Caller,
    commands: readonly CommandReference[],
    version: TpmVersion,
    words: string,
    apply: (local: LocalCommandLists, codes: readonly number[]) => { local: LocalCommandLists; changed: number[] },
  ): Promise<ListChange> {
    const codes = [...new Set(commands.map((command) => resolveCommand(version, command)))];
    return this.#changes.run(async () => {
      const { local, changed } = apply(this.#lists.localLists, codes);
      if (changed.length > 0) await this.#lists.replaceLocal(local);
      for (const code of changed) {
        this.#events.raise('listChanged', `${commandLabel(version, code)} is ${words}.`, { caller, details: { code } });
      }
      const unchanged = codes.filter((code) => !changed.includes(code));
      return { changed, unchanged, commands: codes.map((code) => this.#explainForAll(version, code)) };
    });
  }

  #explainForAll(version: TpmVersion, code: number): readonly CommandExplanation[] {
    return CALLER_CLASSES.map((callerClass) => explain(this.#lists.lists, { version, code, callerClass }));
  }
}

type SetChange = (list: readonly number[], codes: readonly number[]) => { list: readonly number[]; changed: number[] };

function add(list: readonly number[], codes: readonly number[]): { list: readonly number[]; changed: number[] } {
  const changed = codes.filter((code) => !list.includes(code));
  return { list: [...list, ...changed].sort((left, right) => left - right), changed };
}

function remove(list: readonly number[], codes: readonly number[]): { list: readonly number[]; changed: number[] } {
  return { list: list.filter((code) => !codes.includes(code)), changed: codes.filter((code) => list.includes(code)) };
}

/** Throws TBS_E_BAD_PARAMETER, suggesting the nearest name, if the command is unknown. */
function resolveCommand(version: TpmVersion, command: CommandReference): number {
  if (typeof command === 'number') return command;
  const found = findCommand(version, command);
  if (found.ok) return found.code;
  throw new TbsError('TBS_E_BAD_PARAMETER', { message: found.reason, details: { parameter: 'command', command } });
}
