import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authLevelCommand } from '../../../ts-core/cli/commands/auth-level.js';
import { authLevelGet, authLevelSet } from '../../../ts-core/endpoints/rpc/protocol/auth-level.js';
import { CannedBroker, refusal } from '../../support/canned-broker.js';

const FULL = { level: 4, levelName: 'Full', source: 'default', activeDirectoryBackup: false };
const NONE = { ...FULL, level: 0, levelName: 'None' };

describe('tbs auth-level', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(authLevelGet, FULL);
    broker.answers(authLevelSet, NONE);
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const authLevel = (...args: readonly string[]) => broker.tbs(authLevelCommand, 'auth-level', ...args);
  const setCalls = () => broker.calls.filter(([method]) => method === authLevelSet.name);

  it('get shows the level and where it comes from', async () => {
    assert.equal((await authLevel('get')).output, 'Level\tFull (4)\nSource\tdefault\nAD DS backup\toff\n');
  });

  it('set asks before stored values are wiped; without a terminal the answer is no', async () => {
    await assert.rejects(authLevel('set', 'none'), { symbol: 'notConfirmed', exitCode: 1 });
    assert.deepEqual(setCalls(), []);
    await authLevel('set', 'none', '--yes');
    assert.deepEqual(setCalls(), [[authLevelSet.name, { level: 0, force: false }]]);
  });

  it('set does not ask if nothing is wiped', async () => {
    for (const [level, current] of [
      ['full', FULL],
      ['delegated', NONE],
      ['none', NONE],
    ] as const) {
      broker.answers(authLevelGet, current);
      await authLevel('set', level, '--force');
      assert.equal(((setCalls()[0]?.[1] ?? {}) as { force?: boolean }).force, true, level);
    }
  });

  it('set writes a new owner authorization to its file first, and never overwrites a file', async () => {
    const file = join(broker.folder, 'owner.tpm');
    await authLevel('set', 'lockout-only', '--yes', '--new-file', file);
    const params = setCalls()[0]?.[1] ?? {};
    const { level, newOwnerAuth } = params as { level?: number; newOwnerAuth?: string };
    assert.equal(level, 5);
    assert.ok(readFileSync(file, 'utf8').includes(`<ownerAuth>${newOwnerAuth}</ownerAuth>`));
    const before = readFileSync(file, 'utf8');
    await assert.rejects(authLevel('set', 'none', '--yes', '--new-file', file), { code: 'EEXIST' });
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('set removes the file if the broker has refused, and keeps it if the TPM may have the value', async () => {
    for (const [symbol, kept] of [
      ['TBS_E_PROVISIONING_NOT_ALLOWED', false],
      ['TBS_E_IOERROR', true],
    ] as const) {
      const file = join(broker.folder, `${symbol}.tpm`);
      broker.answers(authLevelSet, () => {
        throw refusal(symbol, 'no');
      });
      await assert.rejects(authLevel('set', 'none', '--yes', '--new-file', file), { symbol });
      assert.equal(existsSync(file), kept, symbol);
    }
  });
});
