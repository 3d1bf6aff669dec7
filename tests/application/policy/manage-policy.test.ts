import assert from 'node:assert/strict';
import { ManagePolicy } from '../../../ts-core/application/policy/manage-policy.js';
import type { PolicyStore } from '../../../ts-core/application/ports/policy-store.js';
import { LOCAL_POLICY_FILE } from '../../../ts-core/domain/policy/change-advice.js';
import type { SettingExplanation } from '../../../ts-core/domain/policy/explain-policy.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { recordedEvents } from '../../support/recorded-events.js';

const DEFAULTS = mergePolicy([], 1);
const LOCAL_FILE = { kind: 'policyFile', location: `/etc/tpmtbs/policy.d/${LOCAL_POLICY_FILE}` } as const;

/** A store whose local policy file is in memory. */
function setUp() {
  const local: Record<string, unknown> = {};
  const written: unknown[] = [];
  const imported: Uint8Array[] = [];
  const current = () => ({ ...DEFAULTS, settings: { ...DEFAULTS.settings, ...local } });
  const store = {
    current,
    set: async (settings: Record<string, unknown>) => {
      written.push(settings);
      for (const [name, value] of Object.entries(settings)) {
        if (value === null) delete local[name];
        else local[name] = value;
      }
      return current();
    },
    importRegistryPol: async (bytes: Uint8Array) => {
      if (bytes.length === 0) throw new TbsError('TBS_E_BAD_PARAMETER');
      imported.push(bytes);
      return current();
    },
    explain: () =>
      Object.entries(local).map(([name, value]) => ({
        name,
        statements: [{ source: LOCAL_FILE, value }],
      })) as unknown as readonly SettingExplanation[],
  } as unknown as PolicyStore;
  const { events, told } = recordedEvents();
  return { policy: new ManagePolicy(store, events, new FakeClock(), '2.0', 'host'), local, written, imported, told };
}

describe('changing the policy', () => {
  it('writes what differs, and raises an event with the caller and the names, not the values', async () => {
    const { policy, written, told } = setUp();
    const { differences } = await policy.set(ROOT, { maxContexts: 5 }, false);
    assert.deepEqual(
      differences.map(({ name, current, desired, source }) => [name, current, desired, source]),
      [['maxContexts', DEFAULTS.settings.maxContexts, 5, 'default']],
    );
    assert.deepEqual(written, [{ maxContexts: 5 }]);
    assert.deepEqual(
      told.map(({ kind, userKey, details }) => [kind, userKey, details]),
      [['policyChanged', ROOT.userKey, { settings: ['maxContexts'] }]],
    );
  });

  it('writes nothing that is already in force, and nothing in a trial run', async () => {
    const { policy, written, told } = setUp();
    const trial = await policy.set(ROOT, { maxContexts: 5 }, true);
    assert.deepEqual([trial.differences.length, written], [1, []]);
    await policy.set(ROOT, { maxContexts: 5 }, false);
    const again = await policy.set(ROOT, { maxContexts: 5 }, false);
    assert.deepEqual([again.differences, written.length, told.length], [[], 1, 1]);
  });

  it('removes a setting, and raises no event if it was not set', async () => {
    const { policy, local, told } = setUp();
    const absent = await policy.set(ROOT, { maxContexts: null }, false);
    assert.deepEqual([absent.differences, told], [[], []]);
    await policy.set(ROOT, { maxContexts: 5 }, false);
    const trial = await policy.set(ROOT, { maxContexts: null }, true);
    assert.deepEqual([trial.differences.map(({ desired }) => desired), local], [[null], { maxContexts: 5 }]);
    const removed = await policy.set(ROOT, { maxContexts: null }, false);
    assert.deepEqual([removed.differences, local, told.length], [trial.differences, {}, 2]);
  });

  it('is refused for a setting or a value that does not exist, and then nothing is written', async () => {
    const { policy, written, told } = setUp();
    for (const [setting, desired] of [
      ['maxContext', { maxContext: 5 }],
      ['maxContexts', { maxContexts: 'many', maxResources: 5 }],
      ['osManagedAuthLevel', { osManagedAuthLevel: 3 }],
    ] as const) {
      await assert.rejects(policy.set(ROOT, desired, false), (error: unknown) => {
        assert.ok(error instanceof TbsError);
        assert.deepEqual([error.symbol, error.details['setting']], ['TBS_E_BAD_PARAMETER', setting]);
        return true;
      });
      assert.throws(() => policy.differences(desired), TbsError);
    }
    assert.deepEqual([written, told], [[], []]);
  });

  it('imports a Registry.pol as a source, and raises an event with its length; a damaged one raises none', async () => {
    const { policy, imported, told } = setUp();
    await assert.rejects(policy.importRegistryPol(ROOT, new Uint8Array(0)), { symbol: 'TBS_E_BAD_PARAMETER' });
    assert.deepEqual(told, []);
    await policy.importRegistryPol(ROOT, Uint8Array.of(1, 2));
    assert.equal(imported.length, 1);
    assert.deepEqual(
      told.map(({ kind, userKey, details }) => [kind, userKey, details]),
      [['policyChanged', ROOT.userKey, { bytes: 2 }]],
    );
  });
});
