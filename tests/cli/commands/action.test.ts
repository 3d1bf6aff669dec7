import assert from 'node:assert/strict';
import { actionCommand } from '../../../ts-core/cli/commands/action.js';
import {
  eventActionList,
  eventActionRegister,
  eventActionTest,
  eventActionUnregister,
} from '../../../ts-core/endpoints/rpc/protocol/event-action.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';
import { printedOnTerminal } from '../../support/fake-terminal.js';

const ACTION = {
  ...{ name: 'notify', kinds: ['lockoutBegan'], path: '/etc/tpmtbs/actions.d/notify.ps1', sha256: 'ab' },
  ...{ state: 'enabled', reason: null, registeredAt: '2026-01-01T12:00:00Z', reportedAt: null, runs: 3, failures: 1 },
  ...{ failuresInARow: 0, waiting: 0, coalesced: 0, dropped: 2, lastRunAt: null, lastResult: null },
};
const RUN = { name: 'notify', result: 'succeeded', durationMs: 12.4, sha256: 'ab', output: 'sent', error: null };

describe('tbs action', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(eventActionList, { actions: [ACTION] });
    broker.answers(eventActionRegister, ACTION);
    broker.answers(eventActionUnregister, { removed: true });
    broker.answers(eventActionTest, RUN);
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const action = (...args: readonly string[]) => broker.tbs(actionCommand, 'action', ...args);

  it('list shows state, figures and hash, and why an action does not run', async () => {
    const line = 'notify\tenabled\t3\t1\t2\tlockoutBegan\tab\t/etc/tpmtbs/actions.d/notify.ps1\n';
    assert.equal((await action('list')).output, line);
    broker.answers(eventActionList, { actions: [{ ...ACTION, state: 'disabled', reason: 'It failed.' }] });
    assert.match((await action('list')).output, /\tdisabled\t.*\nnotify: It failed\.\n$/);
    broker.answers(eventActionList, { actions: [ACTION] });
    assert.deepEqual(parsed((await action('list', '--json')).output), [ACTION]);
  });

  it('list fits into 80 columns, with the first digits of the hash', async () => {
    const sha256 = '0123456789abcdef'.repeat(4);
    broker.answers(eventActionList, { actions: [{ ...ACTION, sha256, dropped: 0 }] });
    // `tbs` of the canned broker takes the output for itself.
    let output = '';
    await printedOnTerminal(80, async () => {
      ({ output } = await action('list'));
    });
    assert.ok(output.includes('0123456789ab…') && !output.includes('0123456789abc'));
    assert.ok(
      output.split('\n').every(({ length }) => length <= 80),
      output,
    );
    assert.deepEqual(parsed((await action('list', '--json')).output), [{ ...ACTION, sha256, dropped: 0 }]);
  });

  it('register sends the kinds and the whole path', async () => {
    const { calls } = await action('register', '/a/b.ps1', '--kind', 'lockoutBegan', '--kind', 'warning');
    assert.deepEqual(calls, [['eventAction/register', { kinds: ['lockoutBegan', 'warning'], path: '/a/b.ps1' }]]);
    const named = await action('register', 'b.ps1', '--kind', 'warning', '--name', 'x');
    assert.deepEqual(named.calls[0]?.[1], { name: 'x', kinds: ['warning'], path: `${process.cwd()}/b.ps1` });
  });

  it('register names the kinds that there are when it is given another', async () => {
    await assert.rejects(action('register', '/a/b.ps1', '--kind', 'lockedOut'), /Choices: .*"lockoutBegan"/);
  });

  it('unregister says whether there was one', async () => {
    assert.equal((await action('unregister', 'notify')).exitCode, 0);
    broker.answers(eventActionUnregister, { removed: false });
    assert.equal((await action('unregister', 'notify')).exitCode, 2);
  });

  it('test shows the run, and answers no if it failed', async () => {
    const { output, exitCode } = await action('test', 'notify');
    assert.deepEqual([output, exitCode], ['Result\tsucceeded\nDuration\t12 ms\nSHA-256\tab\n\nsent\n', 0]);
    broker.answers(eventActionTest, { ...RUN, result: 'failed', output: '', error: 'boom' });
    const failed = await action('test', 'notify');
    assert.deepEqual([failed.output.split('\n')[3], failed.exitCode], ['Error\tboom', 2]);
  });
});
