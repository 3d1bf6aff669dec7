import assert from 'node:assert/strict';
import type { CallerClass } from '../../../../ts-core/domain/caller.js';
import type { CommandExplanation } from '../../../../ts-core/domain/filter/explain-command.js';
import type { ListStatement } from '../../../../ts-core/domain/filter/list-statements.js';
import type { TpmVersion } from '../../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_CC } from '../../../../ts-core/domain/tpm20/codes.js';
import { commandBlockHandlers } from '../../../../ts-core/endpoints/rpc/handlers/command-block-handlers.js';
import { JsonTexts } from '../../../../ts-core/endpoints/rpc/json-rpc.js';
import { ALICE, ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const BY_LOCAL_LIST: ListStatement = {
  list: 'local',
  effect: 'blocks',
  inForce: true,
  source: 'local list',
  reason: 'Blocked here.',
  liftedBy: 'Remove-TbsCommandBlock.',
};
const BY_DEFAULT: ListStatement = {
  list: 'default',
  effect: 'allows',
  inForce: true,
  source: 'shipped list',
  reason: 'Random numbers are for everybody.',
  liftedBy: '',
};

function explanationOf(parts: Partial<CommandExplanation> = {}): CommandExplanation {
  return {
    version: '2.0',
    code: TPM_CC.GetRandom,
    name: 'TPM2_GetRandom',
    callerClass: 'standardUser',
    verdict: { allowed: true },
    statements: [BY_DEFAULT],
    condition: undefined,
    liftedBy: [],
    ...parts,
  };
}

const BLOCKED = explanationOf({
  verdict: {
    allowed: false,
    symbol: 'TPM_E_COMMAND_BLOCKED',
    list: 'local',
    code: TPM_CC.GetRandom,
    reason: BY_LOCAL_LIST.reason,
    source: BY_LOCAL_LIST.source,
    liftedBy: BY_LOCAL_LIST.liftedBy,
  },
  statements: [BY_LOCAL_LIST, BY_DEFAULT],
  liftedBy: ['Remove-TbsCommandBlock.', 'Set ignoreLocalList to true.'],
});

function setUp(explanation: CommandExplanation = explanationOf()) {
  const asked: unknown[] = [];
  const change = async (...words: readonly unknown[]) => {
    asked.push(words);
    return { changed: [1], unchanged: [2], commands: [[explanation]] };
  };
  const lists = { revision: 1 };
  const handlers = commandBlockHandlers(
    applicationWith({
      blockLists: {
        get revision(): number {
          return lists.revision;
        },
        list: (version, command) => {
          asked.push([version, command]);
          return [[explanation]];
        },
        test: (command, callerClass, version, handles) => {
          asked.push([command, callerClass, version, handles]);
          return explanation;
        },
        block: (caller, commands, version) => change('block', caller.userKey, commands, version),
        unblock: (caller, commands, version) => change('unblock', caller.userKey, commands, version),
        grant: (caller, commands, callerClass) => change('grant', caller.userKey, commands, callerClass),
        revoke: (caller, commands, callerClass) => change('revoke', caller.userKey, commands, callerClass),
      },
    }),
  );
  return { handlers, asked, lists };
}

async function verdictOf(explanation: CommandExplanation) {
  const { verdicts } = await setUp(explanation).handlers.commandBlockTest(sessionOf(ROOT), { command: 'GetRandom' });
  return verdicts[0];
}

describe('the handlers of command blocks', () => {
  it('use the caller’s own class unless another one is given', async () => {
    const { handlers, asked } = setUp();
    const other: CallerClass = 'sandboxedApp';
    await handlers.commandBlockTest(sessionOf(ALICE), { command: 'GetRandom' });
    await handlers.commandBlockTest(sessionOf(ROOT), { command: 379, callerClass: other, handles: [1] });
    assert.deepEqual(asked, [
      ['GetRandom', 'standardUser', undefined, undefined],
      [379, 'sandboxedApp', undefined, [1]],
    ]);
  });

  it('return the reason and the source of the list that blocks, and everything that has to be lifted', async () => {
    const { allowed, decidingList, reason, source, liftedBy, statements } = (await verdictOf(BLOCKED)) ?? {};
    assert.deepEqual([allowed, decidingList, reason, source], [false, 'local', 'Blocked here.', 'local list']);
    assert.equal(liftedBy, 'Remove-TbsCommandBlock. Set ignoreLocalList to true.');
    assert.deepEqual(statements?.[0], {
      list: 'local',
      effect: 'blocks',
      inForce: true,
      source: 'local list',
      reason: 'Blocked here.',
    });
  });

  it('return the list in force that allows the command', async () => {
    const verdict = await verdictOf(explanationOf({ statements: [{ ...BY_DEFAULT, inForce: false }, BY_DEFAULT] }));
    assert.deepEqual([verdict?.allowed, verdict?.decidingList, verdict?.source], [true, 'default', 'shipped list']);
    assert.equal(verdict?.liftedBy, null);
  });

  it('report that no list blocks a command that no list mentions', async () => {
    const verdict = await verdictOf(explanationOf({ statements: [{ ...BY_DEFAULT, inForce: false }] }));
    assert.deepEqual(
      [verdict?.decidingList, verdict?.reason, verdict?.source, verdict?.condition],
      [null, 'No list in force blocks it.', null, null],
    );
  });

  it('list commands with null for a code that has no name', async () => {
    const { handlers, asked } = setUp(explanationOf({ name: undefined, condition: 'own authorization only' }));
    const listed = await handlers.commandBlockList(sessionOf(ROOT), { tpmVersion: '1.2', command: 5 });
    const { commands } = listed instanceof JsonTexts ? assert.fail('text') : listed;
    assert.deepEqual([commands[0]?.name, commands[0]?.verdicts[0]?.condition], [null, 'own authorization only']);
    assert.deepEqual(asked, [['1.2', 5]]);
  });

  it('create the text of the whole list once for each version and state of the lists', async () => {
    const { handlers, asked, lists } = setUp();
    const list = async (params?: { tpmVersion?: TpmVersion }): Promise<string> => {
      const text = await handlers.commandBlockList(sessionOf(ALICE), params);
      return text instanceof JsonTexts ? text.texts.join('') : assert.fail('no text');
    };
    const first = await list();
    assert.equal(JSON.parse(first).commands[0].name, 'TPM2_GetRandom');
    assert.equal(await list(), first);
    await list({ tpmVersion: '1.2' });
    assert.deepEqual(asked, [
      [undefined, undefined],
      ['1.2', undefined],
    ]);
    lists.revision++;
    await list();
    assert.equal(asked.length, 3, 'after a change');
  });

  it('change the lists on behalf of the caller, and return what changed', async () => {
    const { handlers, asked } = setUp();
    const [commands, callerClass] = [['GetRandom'], 'standardUser'] as const;
    const change = await handlers.commandBlockAdd(sessionOf(ROOT), { commands: [...commands], tpmVersion: '1.2' });
    await handlers.commandBlockRemove(sessionOf(ROOT), { commands: [...commands] });
    await handlers.commandGrantAdd(sessionOf(ROOT), { commands: [...commands], callerClass });
    await handlers.commandGrantRemove(sessionOf(ROOT), { commands: [...commands], callerClass });
    assert.deepEqual([change.changed, change.unchanged, change.commands[0]?.code], [[1], [2], TPM_CC.GetRandom]);
    assert.deepEqual(asked, [
      ['block', 'uid:0', ['GetRandom'], '1.2'],
      ['unblock', 'uid:0', ['GetRandom'], undefined],
      ['grant', 'uid:0', ['GetRandom'], 'standardUser'],
      ['revoke', 'uid:0', ['GetRandom'], 'standardUser'],
    ]);
  });
});
