import assert from 'node:assert/strict';
import type { SettingExplanation } from '../../../../ts-core/domain/policy/explain-policy.js';
import { policyHandlers } from '../../../../ts-core/endpoints/rpc/handlers/policy-handlers.js';
import { policyOf } from '../../../domain/filter/filter-fixtures.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const FILE = { kind: 'policyFile', location: '/etc/tpmtbs/policy.d/50-local.json' } as const;
const GPO = { guid: '{1}', name: 'TPM', link: undefined, isEnforced: true };
const POLICY = {
  ...policyOf({ maxContexts: 5 }),
  problems: [{ source: FILE, setting: undefined, message: 'not JSON' }],
  revision: 3,
};
const EXPLANATION: SettingExplanation = {
  name: 'osManagedAuthLevel',
  value: undefined,
  source: { kind: 'default', location: 'default' },
  statements: [
    {
      source: { kind: 'groupPolicy', location: 'GPO "TPM"', gpo: GPO },
      value: undefined,
      effect: 'decides',
      reason: 'Disabled.',
    },
    { source: { kind: 'default', location: 'default' }, value: undefined, effect: 'overridden', reason: 'Weaker.' },
  ],
};

function setUp() {
  const asked: unknown[] = [];
  const handlers = policyHandlers(
    applicationWith({
      policy: {
        get: () => POLICY,
        explain: () => [EXPLANATION],
        differences: (settings) =>
          Object.keys(settings).length === 0
            ? []
            : [{ name: 'maxContexts', current: 5, desired: 6, source: FILE.location, sourceKind: FILE.kind }],
        importRegistryPol: async (caller, bytes) => {
          asked.push([caller.userKey, Buffer.from(bytes).toString()]);
          return POLICY;
        },
      },
    }),
  );
  return { handlers, asked };
}

describe('the handlers of policy', () => {
  it('show each setting with its source, null for one that is unset, and the problems', async () => {
    const { settings, problems, revision } = await setUp().handlers.policyGet(sessionOf(ROOT), undefined);
    const shownValue = (name: string) => settings.find((each) => each.name === name)?.value;
    assert.deepEqual([shownValue('maxContexts'), shownValue('osManagedAuthLevel'), revision], [5, null, 3]);
    assert.deepEqual(problems, [{ source: FILE.location, setting: null, message: 'not JSON' }]);
  });

  it('explain which sources disable a setting, and by which GPO; a default disables nothing', async () => {
    const { settings } = await setUp().handlers.policyExplain(sessionOf(ROOT), undefined);
    const [decides, byDefault] = settings[0]?.statements ?? [];
    assert.deepEqual(decides?.gpo, { id: '{1}', name: 'TPM', link: null, enforced: true });
    assert.deepEqual([decides?.disables, decides?.value], [true, null]);
    assert.deepEqual([byDefault?.disables, byDefault?.gpo, byDefault?.sourceKind], [false, null, 'default']);
    assert.deepEqual([settings[0]?.value, settings[0]?.source], [null, 'default']);
  });

  it('report that policy is compliant exactly if nothing differs', async () => {
    const { handlers } = setUp();
    assert.deepEqual(await handlers.policyTest(sessionOf(ROOT), { settings: {} }), {
      compliant: true,
      differences: [],
    });
    const { compliant, differences } = await handlers.policyTest(sessionOf(ROOT), { settings: { maxContexts: 6 } });
    assert.deepEqual([compliant, differences.length], [false, 1]);
  });

  it('import the decoded bytes of a Registry.pol on behalf of the caller', async () => {
    const { handlers, asked } = setUp();
    const registryPol = Buffer.from('PReg').toString('base64');
    assert.equal((await handlers.policyImport(sessionOf(ROOT), { registryPol })).revision, 3);
    assert.deepEqual(asked, [['uid:0', 'PReg']]);
  });
});
