import assert from 'node:assert/strict';
import { resourcesCommand } from '../../../ts-core/cli/commands/resources.js';
import { resourceList, resourceRemove } from '../../../ts-core/endpoints/rpc/protocol/resource.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const KEY = {
  id: 't1',
  kind: 'transient',
  userKey: 'uid:1000',
  userName: 'alice',
  contextId: 7,
  virtualHandle: 0x80000001,
  resident: true,
};
const SESSION = {
  ...KEY,
  id: 's2',
  kind: 'savedSession',
  userName: null,
  contextId: null,
  virtualHandle: 0x2000001,
  resident: false,
};

describe('tbs resources', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(resourceList, { resources: [KEY, SESSION] });
    broker.answers(resourceRemove, { removed: true });
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const resources = (...args: readonly string[]) => broker.tbs(resourcesCommand, 'resources', ...args);

  it('shows what is held, by whom, and where it is', async () => {
    const { output } = await resources();
    assert.deepEqual(output.split('\n'), [
      't1\ttransient\talice\t7\t0x80000001\tin the TPM',
      's2\tsavedSession\tuid:1000\t-\t0x02000001\tsaved',
      '',
    ]);
    assert.deepEqual(parsed((await resources('--json')).output), [KEY, SESSION]);
  });

  it('flushes one if that is confirmed, and nothing if nobody can be asked', async () => {
    await assert.rejects(resources('--remove', 't1'), {
      symbol: 'notConfirmed',
      message: /transient t1 of alice is lost/,
    });
    assert.deepEqual(
      broker.calls.map(([method]) => method),
      [resourceList.name],
    );
    const { output, exitCode, calls } = await resources('--remove', 's2', '--yes');
    assert.deepEqual([output, exitCode], ['flushed\n', 0]);
    assert.deepEqual(calls[1], [resourceRemove.name, { id: 's2' }]);
  });

  it('ends with 2 if there is no such resource, without asking', async () => {
    const { output, exitCode, calls } = await resources('--remove', 'nothing');
    assert.deepEqual([output, exitCode, calls.length], ['there is no such resource\n', 2, 1]);
    broker.answers(resourceRemove, { removed: false });
    assert.deepEqual(parsed((await resources('--remove', 't1', '--yes', '--json')).output), { removed: false });
  });
});
