import assert from 'node:assert/strict';
import { lockoutCommand } from '../../../ts-core/cli/commands/lockout.js';
import { lockoutGet, lockoutReset } from '../../../ts-core/endpoints/rpc/protocol/lockout.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const STATE = {
  ...{ durationMinutes: 480, individualThreshold: 4, totalThreshold: 9, totalFailures: 0 },
  ...{ totalLockedOut: false, totalFreesAt: null, notes: ['A note.'], users: [] },
};
const USER = { userKey: 'uid:1000', userName: 'alice', failures: 4, lockedOut: true, freesAt: '2026-01-01T20:00:00Z' };

describe('tbs lockout', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(lockoutGet, STATE);
    broker.answers(lockoutReset, STATE);
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const lockout = (...args: readonly string[]) => broker.tbs(lockoutCommand, 'lockout', ...args);

  it('show prints what counts, and what ends when', async () => {
    assert.equal(
      (await lockout('show')).output,
      'Window\t480 minutes\nThresholds\t4 of one user, 9 in all\nFailures\t0\nA note.\n',
    );
    const users = [USER, { ...USER, userName: null, lockedOut: false, failures: 1 }, { ...USER, freesAt: null }];
    broker.answers(lockoutGet, { ...STATE, totalFailures: 9, totalLockedOut: true, users });
    const lines = (await lockout('show')).output.split('\n');
    assert.equal(lines[2], 'Failures\t9, all standard users are locked out until reset');
    assert.deepEqual(lines.slice(-4, -1), [
      'alice (uid:1000)\t4\tlocked out until 2026-01-01T20:00:00Z',
      'uid:1000\t1\topen',
      'alice (uid:1000)\t4\tlocked out until reset',
    ]);
    assert.deepEqual(parsed((await lockout('show', '--json')).output), {
      ...STATE,
      totalFailures: 9,
      totalLockedOut: true,
      users,
    });
  });

  it('reset names one user, also by number, or no user to clear all', async () => {
    assert.deepEqual((await lockout('reset', '1000')).calls, [[lockoutReset.name, { user: '1000' }]]);
    assert.deepEqual((await lockout('reset')).calls, [[lockoutReset.name, {}]]);
    await assert.rejects(lockout());
  });
});
