import { deepEqual, equal } from 'node:assert/strict';
import {
  AUTH_LEVEL_NAMES,
  describeAuthLevelOrigin,
  effectiveAuthLevel,
} from '../../../ts-core/domain/owner-auth/effective-level.js';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import type { SettingValues } from '../../../ts-core/domain/policy/policy-file.js';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { settingsOfRegistry } from '../../../ts-core/domain/policy/registry-settings.js';
import { RegistryValues } from '../../../ts-core/domain/policy/registry-values.js';
import type { SettingSource } from '../../../ts-core/domain/policy/settings.js';
import { dword } from '../../support/registry-pol-writer.js';

const source: SettingSource = { kind: 'policyFile', location: '10-a.json' };
const policyOf = (values: SettingValues) => mergePolicy([layerOf(source, values)], 1);

describe('the effective level of owner authorization', () => {
  for (const [what, values, local, level, origin] of [
    ['nothing is set and backup is off', {}, undefined, 4, 'default with AD DS backup off'],
    ['nothing is set and backup is on', { activeDirectoryBackup: true }, undefined, 2, 'default with AD DS backup on'],
    [
      'nothing is set and backup is on but not required',
      { activeDirectoryBackup: true, requireActiveDirectoryBackup: false },
      undefined,
      2,
      'default with AD DS backup on',
    ],
    [
      'backup is required but not on',
      { requireActiveDirectoryBackup: true },
      undefined,
      4,
      'default with AD DS backup off',
    ],
    ['only the machine sets it', { activeDirectoryBackup: true }, 4, 4, 'local configuration (Set-TpmAuthLevel)'],
    ['policy sets it too', { osManagedAuthLevel: 0 }, 4, 0, '10-a.json'],
    ['policy sets 5', { osManagedAuthLevel: 5 }, undefined, 5, '10-a.json'],
  ] as const) {
    it(`is ${level} when ${what}`, () => {
      const effective = effectiveAuthLevel(policyOf(values), local);
      equal(effective.level, level);
      equal(describeAuthLevelOrigin(effective.origin), origin);
    });
  }

  it('ignores a level that Windows does not know', () => {
    const registry = RegistryValues.from([
      {
        key: 'Software\\Policies\\Microsoft\\TPM',
        valueName: 'OSManagedAuthLevel',
        type: REGISTRY_TYPES.REG_DWORD,
        data: dword(3),
        source,
      },
    ]);
    const policy = mergePolicy([settingsOfRegistry(registry)], 1);
    deepEqual(effectiveAuthLevel(policy, undefined).level, 4);
    equal(policy.problems.length, 1);
  });

  it('has the name that PowerShell shows', () => {
    deepEqual(AUTH_LEVEL_NAMES, { 0: 'None', 2: 'Delegated', 4: 'Full', 5: 'LockoutOnly' });
  });
});
