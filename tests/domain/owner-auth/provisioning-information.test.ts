import assert from 'node:assert/strict';
import { provisioningVerdict } from '../../../ts-core/domain/owner-auth/provisioning-information.js';

describe('the provisioning information', () => {
  it('is the sum of the bits, and ready when none of them is needed', () => {
    assert.deepEqual(provisioningVerdict([]).information, 0);
    const verdict = provisioningVerdict(['TPM_CREATE_EK', 'TPM_TAKE_OWNERSHIP', 'PHYSICAL_PRESENCE']);
    assert.equal(verdict.information, 0x80 | 0x40 | 0x10);
    assert.deepEqual([verdict.ready, verdict.physicalPresenceRequired, verdict.clearRequired], [false, true, false]);
    assert.ok(provisioningVerdict(['TPM_AD_BACKUP_PHASE_II']).ready);
  });

  it('is ready only when every bit that is set merely informs', () => {
    assert.equal(provisioningVerdict(['EK_CERTIFICATE', 'TCG_EVENT_LOG']).ready, true);
    assert.equal(provisioningVerdict(['EK_CERTIFICATE', 'TPM_TAKE_OWNERSHIP']).ready, false);
  });

  it('asks for a clear when nobody knows the owner authorization, or a clear is due', () => {
    assert.equal(provisioningVerdict(['TPM_OWNERAUTH']).clearRequired, true);
    assert.equal(provisioningVerdict(['TPM_FORCE_CLEAR']).clearRequired, true);
    assert.equal(provisioningVerdict(['TPM_TAKE_OWNERSHIP']).clearRequired, false);
  });

  it('asks for a restart, and for a shutdown', () => {
    const { restartRequired, shutdownRequired } = provisioningVerdict(['REBOOT']);
    assert.deepEqual([restartRequired, shutdownRequired], [true, false]);
    assert.equal(provisioningVerdict(['SHUTDOWN']).shutdownRequired, true);
  });
});
