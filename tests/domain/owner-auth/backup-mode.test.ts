import assert from 'node:assert/strict';
import { backupMode, settingThatRequiresBackup } from '../../../ts-core/domain/owner-auth/backup-mode.js';
import { DEFAULT_POLICY_SETTINGS } from '../../../ts-core/domain/policy/settings.js';
import { policyOf } from '../filter/filter-fixtures.js';

describe('the backup policy', () => {
  it('is off without ActiveDirectoryBackup, and required with it unless RequireActiveDirectoryBackup is 0', () => {
    const mode = (activeDirectoryBackup: boolean, requireActiveDirectoryBackup: boolean | undefined) =>
      backupMode({ ...DEFAULT_POLICY_SETTINGS, activeDirectoryBackup, requireActiveDirectoryBackup });
    assert.deepEqual([mode(false, undefined), mode(false, true)], ['off', 'off']);
    assert.deepEqual(
      [mode(true, undefined), mode(true, true), mode(true, false)],
      ['required', 'required', 'optional'],
    );
  });

  it('is required by the setting that says so, or by the backup itself', () => {
    const policy = policyOf({ activeDirectoryBackup: true });
    assert.equal(settingThatRequiresBackup(policy), 'activeDirectoryBackup');
    const both = policyOf({ activeDirectoryBackup: true, requireActiveDirectoryBackup: true });
    assert.equal(settingThatRequiresBackup(both), 'requireActiveDirectoryBackup');
  });
});
