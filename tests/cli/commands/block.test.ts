import assert from 'node:assert/strict';
import { blockCommand, grantCommands } from '../../../ts-core/cli/commands/block.js';
import {
  commandBlockAdd,
  commandBlockList,
  commandBlockRemove,
  commandBlockTest,
  commandGrantAdd,
  commandGrantRemove,
} from '../../../ts-core/endpoints/rpc/protocol/command-block.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const verdict = (callerClass: string, allowed: boolean, more = {}) => ({
  ...{ callerClass, allowed, decidingList: allowed ? 'default' : 'notAllowed', reason: 'because', source: 'list' },
  ...{ liftedBy: allowed ? null : 'Grant it.', condition: null, statements: [] },
  ...more,
});
const entry = (name: string | null, code: number, verdicts: unknown[], tpmVersion = '2.0') => ({
  name,
  code,
  tpmVersion,
  verdicts,
});
const OPEN = entry(
  'TPM2_GetRandom',
  0x17b,
  ['administrator', 'standardUser', 'sandboxedApp'].map((each) => verdict(each, true)),
);
const CLOSED = entry(null, 0x2000000a, [
  verdict('administrator', true, { condition: 'only on PCR 16 and 23' }),
  verdict('standardUser', false),
  verdict('sandboxedApp', false, { decidingList: 'policy' }),
]);

describe('tbs block', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const block = (...args: readonly string[]) => broker.tbs(blockCommand, 'block', ...args);

  it('list shows each command with one word for each class', async () => {
    broker.answers(commandBlockList, { commands: [OPEN, CLOSED, entry('TPM_Sign', 60, [], '1.2')] });
    const { output, calls } = await block('list', '--tpm', '2.0');
    assert.deepEqual(calls[0]?.[1], { tpmVersion: '2.0' });
    assert.deepEqual(output.split('\n'), [
      '0x17B\tTPM2_GetRandom\tallowed\tallowed\tallowed',
      '0x2000000A\t(unnamed)\tlimited\tblocked\tblocked (policy)',
      '60\tTPM_Sign\t\t\t',
      '',
    ]);
  });

  it('list --blocked omits commands that every class may send', async () => {
    broker.answers(commandBlockList, { commands: [OPEN, CLOSED] });
    assert.deepEqual(parsed((await block('list', '--blocked', '--json')).output), [CLOSED]);
  });

  it('test answers with its exit code, and shows why and what lifts the block', async () => {
    const statement = { list: 'local', effect: 'blocks', inForce: false, source: 'machine', reason: 'someone' };
    broker.answers(
      commandBlockTest,
      entry('TPM2_Clear', 0x126, [verdict('standardUser', false, { statements: [statement] })]),
    );
    const blocked = await block('test', 'TPM2_Clear', '--class', 'standard-user');
    assert.deepEqual(blocked.calls[0]?.[1], { command: 'TPM2_Clear', callerClass: 'standardUser' });
    assert.equal(blocked.exitCode, 2);
    assert.match(blocked.output, /^Command\tTPM2_Clear 0x126\nClass\tstandardUser\nVerdict\tblocked\n/);
    assert.match(blocked.output, /\nLifted by\tGrant it\.\n\nlocal\tblocks \(ignored\)\tmachine\tsomeone\n$/);
    broker.answers(commandBlockTest, OPEN);
    const allowed = await block('test', '0x17b');
    assert.deepEqual([allowed.exitCode, allowed.calls[0]?.[1]], [0, { command: '0x17b' }]);
    assert.doesNotMatch(allowed.output, /Lifted by|Condition/);
  });

  it('add and remove pass on command names as they are typed', async () => {
    for (const [name, method] of [
      ['add', commandBlockAdd],
      ['remove', commandBlockRemove],
    ] as const) {
      broker.answers(method, { changed: [0x17b], unchanged: [], commands: [OPEN] });
      const { calls, output } = await block(name, 'TPM2_GetRandom', '379');
      assert.deepEqual(calls, [[method.name, { commands: ['TPM2_GetRandom', '379'] }]]);
      assert.match(output, /^0x17B\tTPM2_GetRandom/);
    }
    await assert.rejects(block('add'));
  });

  it('grant and revoke require the class of callers', async () => {
    for (const [name, method] of [
      ['grant', commandGrantAdd],
      ['revoke', commandGrantRemove],
    ] as const) {
      broker.answers(method, { changed: [], unchanged: [], commands: [] });
      const { calls } = await broker.tbs(grantCommands, name, 'TPM2_Clear', '--class', 'sandboxed-app');
      assert.deepEqual(calls, [[method.name, { commands: ['TPM2_Clear'], callerClass: 'sandboxedApp' }]]);
      await assert.rejects(broker.tbs(grantCommands, name, 'TPM2_Clear'));
    }
  });
});
