import assert from 'node:assert/strict';
import { provisioningVerdict } from '../../../ts-core/domain/owner-auth/provisioning-information.js';

describe('the provisioning information', () => {
  it('is the sum of the bits, and ready if none of them is needed', () => {
    assert.deepEqual(provisioningVerdict([]).information, 0);
    const verdict = provisioningVerdict(['TPM_CREATE_EK', 'TPM_TAKE_OWNERSHIP', 'PHYSICAL_PRESENCE']);
    assert.equal(verdict.information, 0x80 | 0x40 | 0x10);
    assert.deepEqual([verdict.ready, verdict.physicalPresenceRequired, verdict.clearRequired], [false, true, false]);
    assert.ok(provisioningVerdict(['TPM_AD_BACKUP_PHASE_II']).ready);
  });

  it('is ready only if every set bit merely informs', () => {
    assert.equal(provisioningVerdict(['EK_CERTIFICATE', 'TCG_EVENT_LOG']).ready, true);
    assert.equal(provisioningVerdict(['EK_CERTIFICATE', 'TPM_TAKE_OWNERSHIP']).ready, false);
  });

  it('requests a clear if nobody knows the owner authorization, or a clear is pending', () => {
    assert.equal(provisioningVerdict(['TPM_OWNERAUTH']).clearRequired, true);
    assert.equal(provisioningVerdict(['TPM_FORCE_CLEAR']).clearRequired, true);
    assert.equal(provisioningVerdict(['TPM_TAKE_OWNERSHIP']).clearRequired, false);
  });

  it('requests a restart, and a shutdown', () => {
    const { restartRequired, shutdownRequired } = provisioningVerdict(['REBOOT']);
    assert.deepEqual([restartRequired, shutdownRequired], [true, false]);
    assert.equal(provisioningVerdict(['SHUTDOWN']).shutdownRequired, true);
  });
});
