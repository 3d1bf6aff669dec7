import type { Application } from '../../../application/application.js';
import type { ListChange } from '../../../application/manage-block-lists.js';
import type { CommandExplanation } from '../../../domain/filter/explain-command.js';
import { TbsError } from '../../../domain/tbs-error.js';
import { handler, type RpcHandler } from '../handler.js';
import {
  type ClassVerdict,
  type CommandBlockEntry,
  commandBlockAdd,
  commandBlockList,
  commandBlockRemove,
  commandBlockTest,
  commandGrantAdd,
  commandGrantRemove,
  type ListChanged,
} from '../protocol/command-block.js';

export function commandBlockHandlers({ blockLists }: Application): readonly RpcHandler[] {
  return [
    handler(commandBlockList, (_session, params) => ({
      commands: blockLists.list(params?.tpmVersion, params?.command).map(entryOf),
    })),
    handler(commandBlockTest, (session, { command, tpmVersion, callerClass, handles }) =>
      entryOf([blockLists.test(command, callerClass ?? session.caller.callerClass, tpmVersion, handles)]),
    ),
    handler(commandBlockAdd, async ({ caller }, { commands, tpmVersion }) =>
      changed(await blockLists.block(caller, commands, tpmVersion)),
    ),
    handler(commandBlockRemove, async ({ caller }, { commands, tpmVersion }) =>
      changed(await blockLists.unblock(caller, commands, tpmVersion)),
    ),
    handler(commandGrantAdd, async ({ caller }, { commands, callerClass }) =>
      changed(await blockLists.grant(caller, commands, callerClass)),
    ),
    handler(commandGrantRemove, async ({ caller }, { commands, callerClass }) =>
      changed(await blockLists.revoke(caller, commands, callerClass)),
    ),
  ];
}

function changed(change: ListChange): ListChanged {
  return { changed: change.changed, unchanged: change.unchanged, commands: change.commands.map(entryOf) };
}

function entryOf(explanations: readonly CommandExplanation[]): CommandBlockEntry {
  const [first] = explanations;
  if (first === undefined) throw new TbsError('TBS_E_INTERNAL_ERROR');
  return {
    tpmVersion: first.version,
    code: first.code,
    name: first.name ?? null,
    verdicts: explanations.map(verdictOf),
  };
}

function verdictOf({ callerClass, verdict, statements, condition, liftedBy }: CommandExplanation): ClassVerdict {
  const allowing = statements.find(({ effect, inForce }) => effect === 'allows' && inForce);
  const deciding = verdict.allowed ? allowing : verdict;
  return {
    callerClass,
    allowed: verdict.allowed,
    decidingList: deciding?.list ?? null,
    reason: deciding?.reason ?? 'No list in force blocks it.',
    source: deciding?.source ?? null,
    liftedBy: liftedBy.length === 0 ? null : liftedBy.join(' '),
    condition: condition ?? null,
    statements: statements.map(({ list, effect, inForce, source, reason }) => ({
      list,
      effect,
      inForce,
      source,
      reason,
    })),
  };
}
