import assert from 'node:assert/strict';
import { BACKUP_FAILURE_REASONS, backupFailureReason } from '../../../ts-core/domain/owner-auth/backup-failure.js';

describe('the reason of a failed backup', () => {
  it('is the one that the details of the error name', () => {
    for (const reason of BACKUP_FAILURE_REASONS) assert.equal(backupFailureReason({ reason }), reason);
  });

  it('is `error` if the details name none, or none of a backup', () => {
    for (const details of [{}, { reason: null }, { reason: 'damaged' }, { reason: ['tls'] }]) {
      assert.equal(backupFailureReason(details), 'error');
    }
  });
});
