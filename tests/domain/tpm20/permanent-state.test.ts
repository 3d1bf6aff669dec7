import assert from 'node:assert/strict';
import { uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_CAP, TPM_PT, TPMA_PERMANENT, TPMA_STARTUP_CLEAR } from '../../../ts-core/domain/tpm20/codes.js';
import { readPermanentState } from '../../../ts-core/domain/tpm20/permanent-state.js';
import { answered, success } from '../../support/answered-exchange.js';

function stateOf(permanent: number, startupClear: number) {
  const pairs = [TPM_PT.PERMANENT, permanent, TPM_PT.STARTUP_CLEAR, startupClear].map(uint32);
  return answered(readPermanentState(), success(Uint8Array.of(0), uint32(TPM_CAP.TPM_PROPERTIES), uint32(2), ...pairs))
    .result;
}

describe('the ownership that a TPM 2.0 reports', () => {
  const { SH_ENABLE, EH_ENABLE } = TPMA_STARTUP_CLEAR;

  it('is read bit by bit', () => {
    const none = stateOf(0, 0);
    assert.ok(Object.values(none).every((value) => value === false));
    for (const [bit, name] of [
      [TPMA_PERMANENT.OWNER_AUTH_SET, 'ownerAuthSet'],
      [TPMA_PERMANENT.ENDORSEMENT_AUTH_SET, 'endorsementAuthSet'],
      [TPMA_PERMANENT.LOCKOUT_AUTH_SET, 'lockoutAuthSet'],
      [TPMA_PERMANENT.DISABLE_CLEAR, 'clearDisabled'],
      [TPMA_PERMANENT.IN_LOCKOUT, 'inLockout'],
    ] as const) {
      assert.deepEqual(stateOf(bit, 0), { ...none, [name]: true });
    }
  });

  it('has its hierarchies enabled if both are', () => {
    const enabled = [SH_ENABLE | EH_ENABLE, SH_ENABLE, EH_ENABLE].map((bits) => stateOf(0, bits).hierarchiesEnabled);
    assert.deepEqual(enabled, [true, false, false]);
  });
});
