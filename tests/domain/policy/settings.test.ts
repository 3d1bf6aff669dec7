import assert from 'node:assert/strict';
import { codeKey, type SettingSource, sourceOfCode } from '../../../ts-core/domain/policy/settings.js';
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

  it('is its own where its list is made entry by entry, and that of the setting otherwise', () => {
    assert.deepEqual(sourceOfCode(policy, 'blockedCommands', 1), gpo('A'));
    assert.deepEqual(sourceOfCode(policy, 'blockedCommands', 2), policy.sources.blockedCommands);
    assert.deepEqual(sourceOfCode(policy, 'disallowedCommands', 1), policy.sources.disallowedCommands);
  });

  it('is that of one class where every class has a list', () => {
    assert.deepEqual(sourceOfCode(policy, 'allowedCommands', 1, 'standardUser'), gpo('B'));
    assert.deepEqual(sourceOfCode(policy, 'allowedCommands', 1, 'administrator'), policy.sources.allowedCommands);
  });
});
