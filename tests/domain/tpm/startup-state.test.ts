import assert from 'node:assert/strict';
import { commandCodeOf, errorResponse, writeHeader } from '../../../ts-core/domain/tpm/command-header.js';
import { ASK_TPM12, ASK_TPM20, needsStartup, versionOfResponse } from '../../../ts-core/domain/tpm/startup-state.js';
import { TPM_ORD, TPM_RESULT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RC, TPM_ST } from '../../../ts-core/domain/tpm20/codes.js';

const NOT_STARTED = { '2.0': TPM_RC.INITIALIZE, '1.2': TPM_RESULT.INVALID_POSTINIT } as const;

function responseWith(tag: number): Uint8Array {
  const response = new Uint8Array(12);
  writeHeader(response, tag, 0);
  return response;
}

describe('the startup state of a TPM', () => {
  it('is asked with a command that changes nothing', () => {
    assert.equal(commandCodeOf(ASK_TPM20), TPM_CC.GetCapability);
    assert.equal(commandCodeOf(ASK_TPM12), TPM_ORD.GetCapability);
  });

  it('shows in the code of the TPM’s version', () => {
    for (const version of ['2.0', '1.2'] as const) {
      const other = version === '2.0' ? '1.2' : '2.0';
      assert.equal(needsStartup(errorResponse(version, NOT_STARTED[version]), version), true);
      assert.equal(needsStartup(errorResponse(version, NOT_STARTED[other]), version), false);
      assert.equal(needsStartup(errorResponse(version, 0), version), false);
    }
  });

  it('is judged by the response’s own version if the TPM’s is not known', () => {
    for (const version of ['2.0', '1.2'] as const) {
      const other = version === '2.0' ? '1.2' : '2.0';
      assert.equal(needsStartup(errorResponse(version, NOT_STARTED[version])), true);
      assert.equal(needsStartup(errorResponse(version, NOT_STARTED[other])), false);
    }
  });

  it('comes with the version of the response’s tag', () => {
    assert.equal(versionOfResponse(responseWith(TPM_ST.NO_SESSIONS)), '2.0');
    assert.equal(versionOfResponse(responseWith(TPM_ST.SESSIONS)), '2.0');
    assert.equal(versionOfResponse(responseWith(TPM_TAG.RSP_COMMAND)), '1.2');
    assert.equal(versionOfResponse(responseWith(TPM_TAG.RSP_AUTH1_COMMAND)), '1.2');
    assert.equal(versionOfResponse(responseWith(TPM_TAG.RSP_AUTH2_COMMAND)), '1.2');
  });

  it('is no question for bytes that no TPM sends', () => {
    for (const tag of [TPM_TAG.RSP_COMMAND - 1, TPM_TAG.RSP_AUTH2_COMMAND + 1, TPM_ST.NO_SESSIONS - 1]) {
      assert.equal(versionOfResponse(responseWith(tag)), undefined);
    }
    assert.equal(versionOfResponse(responseWith(TPM_ST.NO_SESSIONS).subarray(0, 11)), undefined);
    assert.equal(versionOfResponse(new Uint8Array()), undefined);
  });
});
