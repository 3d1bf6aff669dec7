import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyCommand } from '../../../ts-core/cli/commands/policy.js';
import {
  policyExplain,
  policyExport,
  policyGet,
  policyImport,
  policyReport,
  policySet,
  policyTest,
} from '../../../ts-core/endpoints/rpc/protocol/policy.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const DIFFERENCE = { name: 'blockedCommands', current: [1], desired: [2], source: 'default' };

describe('tbs policy', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const policy = (...args: readonly string[]) => broker.tbs(policyCommand, 'policy', ...args);
  const file = (content: string) => {
    const path = join(broker.folder, 'policy.json');
    writeFileSync(path, content);
    return path;
  };

  it('show prints each setting with its value and source, and the problems', async () => {
    const settings = [{ name: 'maxContexts', value: 7, source: 'default', sourceKind: 'default' }];
    broker.answers(policyGet, { settings, problems: [{ source: 'a.json', message: 'is damaged' }] });
    const { output } = await policy('show');
    assert.equal(output, 'maxContexts\t7\tdefault\nProblem: is damaged (a.json)\n');
  });

  it('set reads each value as JSON if possible, otherwise as text, and removes a setting without a value', async () => {
    broker.answers(policySet, { differences: [DIFFERENCE] });
    const { output, calls } = await policy('set', 'a=3', 'b=[1,2]', 'c=text=more', 'd=', 'e=true', '--dry-run');
    assert.deepEqual(calls[0]?.[1], { settings: { a: 3, b: [1, 2], c: 'text=more', d: null, e: true }, dryRun: true });
    assert.equal(output, 'blockedCommands\t[1]\t[2]\tdefault\n');
    broker.answers(policySet, { differences: [] });
    assert.equal((await policy('set', 'a=3')).output, 'nothing differs\n');
    for (const wrong of ['novalue', '=3']) {
      await assert.rejects(policy('set', wrong), { exitCode: 64, symbol: 'TBS_E_BAD_PARAMETER' });
      assert.deepEqual(broker.calls, []);
    }
  });

  it('test answers with its exit code whether the file is in force', async () => {
    broker.answers(policyTest, { compliant: true, differences: [] });
    const same = await policy('test', file('{"maxContexts": 7}'));
    assert.deepEqual([same.output, same.exitCode], ['compliant\n', 0]);
    assert.deepEqual(same.calls[0]?.[1], { settings: { maxContexts: 7 } });
    broker.answers(policyTest, { compliant: false, differences: [DIFFERENCE] });
    const other = await policy('test', file('{"maxContexts": 8}'));
    assert.deepEqual([other.output, other.exitCode], ['blockedCommands\t[1]\t[2]\tdefault\n', 2]);
    for (const content of ['[]', 'null', '{"a":', '3']) {
      await assert.rejects(policy('test', file(content)), { exitCode: 64, message: /does not hold one JSON object/ });
    }
    for (const content of ['', ' ']) await assert.rejects(policy('test', file(content)), { exitCode: 64 });
    for (const content of ['{}', '{"$schema": "policy.schema.json"}']) {
      await assert.rejects(policy('test', file(content)), { exitCode: 64, message: /^There is nothing to compare: / });
    }
  });

  it('explain shows settings that more than one source mentions, or those that are named', async () => {
    const statement = { effect: 'decides', disables: false, value: 7, source: 'a.json', reason: 'the strongest' };
    const disabled = { ...statement, effect: 'overridden', disables: true };
    const one = { name: 'maxContexts', statements: [statement] };
    const two = { name: 'blockedCommands', statements: [statement, disabled] };
    broker.answers(policyExplain, { settings: [one, two] });
    const all = await policy('explain');
    assert.match(
      all.output,
      /^blockedCommands\tdecides\t7\ta\.json\tthe strongest\nblockedCommands\toverridden\tdisabled\t/,
    );
    assert.ok(!all.output.includes('maxContexts'));
    assert.deepEqual(parsed((await policy('explain', 'MAXCONTEXTS', '--json')).output), { settings: [one] });
    await assert.rejects(policy('explain', 'nothing'), { exitCode: 64, message: /no policy setting "nothing"/ });
    broker.answers(policyExplain, { settings: [one] });
    assert.match((await policy('explain')).output, /^No source sets anything/);
  });

  it('import sends the bytes of the file', async () => {
    broker.answers(policyImport, { settings: [], problems: [] });
    const { calls } = await policy('import', file('PReg'));
    assert.deepEqual(calls[0]?.[1], { registryPol: Buffer.from('PReg').toString('base64') });
  });

  it('export and report write to a file, or to standard output', async () => {
    broker.answers(policyExport, { policy: { maxContexts: 7 } });
    broker.answers(policyReport, { html: '<p>' });
    const path = join(broker.folder, 'out');
    assert.deepEqual(parsed((await policy('export')).output), { maxContexts: 7 });
    assert.equal((await policy('export', path)).output, '');
    assert.deepEqual(parsed(readFileSync(path, 'utf8')), { maxContexts: 7 });
    assert.equal((await policy('report', '-')).output, '<p>');
    assert.equal((await policy('report', path)).output, '');
    assert.equal(readFileSync(path, 'utf8'), '<p>');
  });
});
