import assert from 'node:assert/strict';
import { codeKey, isFromRegistry, type SettingSource, sourceOfCode } from '../../../ts-core/domain/policy/settings.js';
import { policyOf } from '../filter/filter-fixtures.js';

const gpo = (name: string): SettingSource => ({ kind: 'groupPolicy', location: `GPO "${name}"` });

describe('the source of a code', () => {
  const policy = {
    ...policyOf({ blockedCommands: [1, 2] }),
    codeSources: {
      blockedCommands: { [codeKey(1)]: gpo('A') },
      allowedCommands: { [codeKey(1, 'standardUser')]: gpo('B') },
    },
  };

  it('is the entry’s own if the list is built entry by entry, and the setting’s otherwise', () => {
    assert.deepEqual(sourceOfCode(policy, 'blockedCommands', 1), gpo('A'));
    assert.deepEqual(sourceOfCode(policy, 'blockedCommands', 2), policy.sources.blockedCommands);
    assert.deepEqual(sourceOfCode(policy, 'disallowedCommands', 1), policy.sources.disallowedCommands);
  });

  it('is that of one class if every class has a list', () => {
    assert.deepEqual(sourceOfCode(policy, 'allowedCommands', 1, 'standardUser'), gpo('B'));
    assert.deepEqual(sourceOfCode(policy, 'allowedCommands', 1, 'administrator'), policy.sources.allowedCommands);
  });
});

describe('Group Policy', () => {
  it('is everything from a domain client, a Registry.pol or the registry', () => {
    const kinds = ['default', 'configuration', 'policyFile', 'registryPol', 'groupPolicy', 'windowsRegistry'] as const;
    const fromRegistry = kinds.filter((kind) => isFromRegistry({ kind, location: '' }));
    assert.deepEqual(fromRegistry, ['registryPol', 'groupPolicy', 'windowsRegistry']);
  });
});
