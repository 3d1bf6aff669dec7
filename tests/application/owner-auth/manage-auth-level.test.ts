import assert from 'node:assert/strict';
import { type AuthLevelChange, ManageAuthLevel } from '../../../ts-core/application/owner-auth/manage-auth-level.js';
import type { PolicyStore } from '../../../ts-core/application/ports/policy-store.js';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { ROOT } from '../../support/callers.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

function setUp(settings: Partial<PolicySettings> = {}, refusal?: TbsError) {
  const { events, told } = recordedEvents();
  const store = new MemoryStore();
  const applied: AuthLevelChange[] = [];
  const policy = { current: () => policyOf(settings, STRICT_GPO) } as PolicyStore;
  const levels = new ManageAuthLevel(policy, store, events, async (change) => {
    applied.push(change);
    if (refusal !== undefined) throw refusal;
  });
  const set = (level: 0 | 2 | 4 | 5) => levels.set(ROOT, level, { newOwnerAuth: undefined, force: false });
  return { levels, store, applied, told, set };
}

describe('setting the level of owner authorization', () => {
  it('changes the stored material first, then the level, and reports it', async () => {
    const { applied, told, set, levels } = setUp();
    assert.deepEqual(await set(2), { level: 2, origin: { kind: 'local' } });
    assert.deepEqual(levels.get(), { level: 2, origin: { kind: 'local' } });
    assert.deepEqual(
      applied.map(({ from, to }) => [from.level, to]),
      [[4, 2]],
    );
    assert.deepEqual(told[0]?.details, { from: 'Full', to: 'Delegated' });
    assert.equal(told[0]?.userKey, 'uid:0');
  });

  it('changes nothing if the material cannot be changed', async () => {
    const { set, store, told } = setUp({}, new TbsError('TBS_E_IOERROR'));
    await assert.rejects(set(0), (error) => error instanceof TbsError && error.symbol === 'TBS_E_IOERROR');
    assert.equal(store.get('localAuthLevel'), undefined);
    assert.deepEqual(told, []);
  });

  it('is refused while policy sets the level, naming the source', async () => {
    const { set, applied } = setUp({ osManagedAuthLevel: 4 });
    await assert.rejects(set(2), (error: unknown) => {
      assert.ok(error instanceof TbsError);
      assert.equal(error.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
      assert.equal(error.details?.['setting'], 'osManagedAuthLevel');
      assert.match(error.action, /osManagedAuthLevel in GPO "Strict".*Administrators of the domain/);
      return true;
    });
    assert.deepEqual(applied, []);
  });

  it('stores the default level without changing the material, and does nothing for the same local level', async () => {
    const { set, applied, told, store } = setUp();
    await set(4);
    assert.deepEqual([applied, store.get('localAuthLevel'), told.length], [[], { level: 4 }, 1]);
    await set(4);
    assert.equal(told.length, 1);
  });
});
