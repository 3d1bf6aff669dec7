import assert from 'node:assert/strict';
import { refusedBySetting, type SettingRefusal } from '../../../ts-core/domain/policy/setting-refusal.js';
import { policyOf, STRICT_GPO } from '../filter/filter-fixtures.js';

const refusal: SettingRefusal = {
  setting: 'maxContexts',
  message: 'The limit is reached.',
  change: 'Raise maxContexts',
  details: { limit: 3 },
};

describe('a refusal that a setting decided', () => {
  it('says where the setting comes from, and who can change it', () => {
    const { symbol, message, action, details } = refusedBySetting(
      'TBS_E_TOO_MANY_TBS_CONTEXTS',
      policyOf({ maxContexts: 3 }, STRICT_GPO),
      refusal,
    );
    assert.deepEqual([symbol, message], ['TBS_E_TOO_MANY_TBS_CONTEXTS', 'The limit is reached.']);
    assert.match(
      action,
      /^Raise maxContexts in GPO "Strict" linked to DC=example,DC=com\. Administrators of the domain/,
    );
    assert.deepEqual(details, {
      ...{ limit: 3, setting: 'maxContexts', source: 'GPO "Strict" linked to DC=example,DC=com', liftedBy: action },
    });
  });

  it('says first what the caller can do without an administrator', () => {
    const instead = 'Close contexts.';
    const { action, details } = refusedBySetting('TBS_E_TOO_MANY_TBS_CONTEXTS', policyOf({}), { ...refusal, instead });
    assert.equal(action, 'Close contexts. Raise maxContexts (Set-TbsPolicy).');
    assert.equal(details['liftedBy'], 'Raise maxContexts (Set-TbsPolicy).');
    assert.equal(details['source'], 'default');
  });
});
