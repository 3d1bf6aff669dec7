import type { Application } from '../../../application/application.js';
import type { ListChange } from '../../../application/policy/manage-command-lists.js';
import type { CommandExplanation } from '../../../domain/filter/explain-command.js';
import { TbsError } from '../../../domain/tbs-error.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import type { Handlers } from '../handler.js';
import { JsonTexts } from '../json-rpc.js';
import type * as contract from '../protocol/command-block.js';
import type { Described } from '../protocol/method.js';

export function commandBlockHandlers({
  blockLists,
}: Application): Handlers<typeof contract, never, 'commandBlockList'> {
  const wholeLists = new Map<TpmVersion | undefined, { readonly revision: number; readonly text: JsonTexts }>();

  /** Everybody may ask for the whole list, which is long, so its text is created only when the lists have changed. */
  function wholeList(tpmVersion: TpmVersion | undefined): JsonTexts {
    const { revision } = blockLists;
    const known = wholeLists.get(tpmVersion);
    if (known?.revision === revision) return known.text;
    const result: Described<typeof contract.commandBlockList.result> = {
      commands: blockLists.list(tpmVersion, undefined).map(entryOf),
    };
    const text = new JsonTexts([JSON.stringify(result)]);
    wholeLists.set(tpmVersion, { revision, text });
    return text;
  }

  return {
    commandBlockList: (_session, params) =>
      params?.command === undefined
        ? wholeList(params?.tpmVersion)
        : { commands: blockLists.list(params.tpmVersion, params.command).map(entryOf) },
    commandBlockTest: (session, { command, tpmVersion, callerClass, handles }) =>
      entryOf([blockLists.test(command, callerClass ?? session.caller.callerClass, tpmVersion, handles)]),
    commandBlockAdd: async ({ caller }, { commands, tpmVersion }) =>
      changed(await blockLists.block(caller, commands, tpmVersion)),
    commandBlockRemove: async ({ caller }, { commands, tpmVersion }) =>
      changed(await blockLists.unblock(caller, commands, tpmVersion)),
    commandGrantAdd: async ({ caller }, { commands, callerClass }) =>
      changed(await blockLists.grant(caller, commands, callerClass)),
    commandGrantRemove: async ({ caller }, { commands, callerClass }) =>
      changed(await blockLists.revoke(caller, commands, callerClass)),
  };
}

function changed(change: ListChange): contract.ListChange {
  return { changed: change.changed, unchanged: change.unchanged, commands: change.commands.map(entryOf) };
}

function entryOf(explanations: readonly CommandExplanation[]): contract.CommandBlock {
  const [first] = explanations;
  if (first === undefined) throw new TbsError('TBS_E_INTERNAL_ERROR');
  return {
    tpmVersion: first.version,
    code: first.code,
    name: first.name ?? null,
    verdicts: explanations.map(verdictOf),
  };
}

function verdictOf({
  callerClass,
  verdict,
  statements,
  condition,
  liftedBy,
}: CommandExplanation): contract.CommandVerdict {
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
