import assert from 'node:assert/strict';
import { TbsError, type TbsSymbol } from '../../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import { refusalResponse } from '../../../ts-core/domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';

function codeOf(version: TpmVersion, symbol: TbsSymbol, details = {}): number {
  const response = refusalResponse(new TbsError(symbol, { details }), version);
  assert.equal(response.length, 10);
  return responseCodeOf(response);
}

const layered = (code: number) => RESOURCE_MANAGER_LAYER | code;

describe('a refusal as a TPM response', () => {
  it('of TPM 2.0 names the resource manager’s layer and the reason', () => {
    assert.equal(codeOf('2.0', 'TPM_E_COMMAND_BLOCKED'), layered(TPM_RC.COMMAND_CODE));
    assert.equal(codeOf('2.0', 'TPM_20_E_LOCKOUT'), layered(TPM_RC.LOCKOUT));
    assert.equal(codeOf('2.0', 'TBS_E_TOO_MANY_RESOURCES'), layered(TPM_RC.OBJECT_MEMORY));
    assert.equal(codeOf('2.0', 'TBS_E_COMMAND_CANCELED'), layered(TPM_RC.CANCELED));
    assert.equal(codeOf('2.0', 'TBS_E_SERVICE_START_PENDING'), layered(TPM_RC.RETRY));
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER'), layered(TPM_RC.COMMAND_SIZE));
    assert.equal(
      codeOf('2.0', 'TBS_E_INTERNAL_ERROR'),
      layered(TPM_RC.FAILURE),
      'a failure, for what has no code of its own',
    );
  });

  it('of TPM 1.2 is the plain code', () => {
    assert.equal(codeOf('1.2', 'TPM_E_COMMAND_BLOCKED'), TPM_RESULT.E_COMMAND_BLOCKED);
    assert.equal(codeOf('1.2', 'TPM_E_EMBEDDED_COMMAND_BLOCKED'), TPM_RESULT.E_EMBEDDED_COMMAND_BLOCKED);
    assert.equal(codeOf('1.2', 'TPM_E_DEFEND_LOCK_RUNNING'), TPM_RESULT.DEFEND_LOCK_RUNNING);
    assert.equal(codeOf('1.2', 'TBS_E_TOO_MANY_RESOURCES'), TPM_RESULT.RESOURCES);
    assert.equal(codeOf('1.2', 'TBS_E_SERVICE_START_PENDING'), TPM_RESULT.RETRY);
    assert.equal(codeOf('1.2', 'TBS_E_INTERNAL_ERROR'), TPM_RESULT.FAIL);
  });

  it('has the code of localities for a locality, and not for other parameters', () => {
    const locality = { parameter: 'locality' };
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER', locality), layered(TPM_RC.LOCALITY));
    assert.equal(codeOf('1.2', 'TBS_E_BAD_PARAMETER', locality), TPM_RESULT.BAD_LOCALITY);
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER', { parameter: 'command' }), layered(TPM_RC.COMMAND_SIZE));
    assert.equal(codeOf('2.0', 'TBS_E_IOERROR', locality), layered(TPM_RC.FAILURE));
  });
});
