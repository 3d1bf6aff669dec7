import assert from 'node:assert/strict';
import { adviseChange, describeSource, isLocalPolicyFile } from '../../../ts-core/domain/policy/change-advice.js';
import { DEFAULT_SOURCE } from '../../../ts-core/domain/policy/merge.js';
import type { SettingSource } from '../../../ts-core/domain/policy/settings.js';

const advice = (kind: SettingSource['kind'], location: string) =>
  adviseChange('Set x to 1', { kind, location } as SettingSource);

describe('the advice where to change a setting', () => {
  it('is Set-TbsPolicy if that can override it', () => {
    assert.equal(advice('default', ''), 'Set x to 1 (Set-TbsPolicy).');
    assert.equal(advice('policyFile', '/etc/tpmtbs/policy.d/50-local.json'), 'Set x to 1 (Set-TbsPolicy).');
    assert.equal(advice('configuration', '/etc/tbsd.json'), 'Set x to 1 (Set-TbsPolicy overrides /etc/tbsd.json).');
  });

  it('is the source itself if that is stronger, with who is responsible for it', () => {
    assert.match(
      advice('policyFile', '/p/90-site.json'),
      /^Set x to 1 in \/p\/90-site\.json, which administrators of this machine/,
    );
    const NO_EFFECT = 'Set-TbsPolicy has no effect on it.';
    assert.equal(advice('registryPol', 'R'), `Set x to 1 in the policy that delivers R; ${NO_EFFECT}`);
    assert.equal(advice('windowsRegistry', 'R'), `Set x to 1 in the Group Policy that sets R; ${NO_EFFECT}`);
    const byDomain = 'Administrators of the domain can do that';
    assert.equal(advice('groupPolicy', 'GPO "G"'), `Set x to 1 in GPO "G". ${byDomain}; ${NO_EFFECT}`);
  });
});

describe('the description of a source', () => {
  it('names its kind unless the location does', () => {
    const described = (kind: SettingSource['kind'], location: string) => describeSource({ kind, location });
    assert.deepEqual(
      [describeSource(DEFAULT_SOURCE), described('groupPolicy', 'GPO "G"'), described('policyFile', '/p/a.json')],
      ['default', 'GPO "G"', 'policy file /p/a.json'],
    );
  });
});

describe('the local policy file', () => {
  it('is the file that Set-TbsPolicy writes, wherever the policy folder is', () => {
    assert.ok(isLocalPolicyFile({ kind: 'policyFile', location: '/etc/tpmtbs/policy.d/50-local.json' }));
    assert.ok(!isLocalPolicyFile({ kind: 'policyFile', location: '/etc/tpmtbs/policy.d/60-site.json' }));
    assert.ok(!isLocalPolicyFile({ kind: 'configuration', location: '/etc/50-local.json' }));
  });
});
