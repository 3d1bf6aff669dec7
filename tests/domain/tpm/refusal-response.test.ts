import assert from 'node:assert/strict';
import { TbsError, type TbsSymbol } from '../../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import { refusalResponse } from '../../../ts-core/domain/tpm/refusal-response.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

function codeOf(version: TpmVersion, symbol: TbsSymbol, details = {}): number {
  const response = refusalResponse(new TbsError(symbol, { details }), version);
  assert.equal(response.length, 10);
  return responseCodeOf(response);
}

describe('a refusal as a TPM response', () => {
  it('of TPM 2.0 names the resource manager’s layer and the reason', () => {
    assert.equal(codeOf('2.0', 'TPM_E_COMMAND_BLOCKED'), 0x000c0143);
    assert.equal(codeOf('2.0', 'TPM_20_E_LOCKOUT'), 0x000c0921);
    assert.equal(codeOf('2.0', 'TBS_E_TOO_MANY_RESOURCES'), 0x000c0902);
    assert.equal(codeOf('2.0', 'TBS_E_COMMAND_CANCELED'), 0x000c0909);
    assert.equal(codeOf('2.0', 'TBS_E_SERVICE_START_PENDING'), 0x000c0922);
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER'), 0x000c0142);
    assert.equal(codeOf('2.0', 'TBS_E_INTERNAL_ERROR'), 0x000c0101, 'a failure, for what has no code of its own');
  });

  it('of TPM 1.2 is the plain code', () => {
    assert.equal(codeOf('1.2', 'TPM_E_COMMAND_BLOCKED'), 0x400);
    assert.equal(codeOf('1.2', 'TPM_E_EMBEDDED_COMMAND_BLOCKED'), 0x403);
    assert.equal(codeOf('1.2', 'TPM_E_DEFEND_LOCK_RUNNING'), 0x803);
    assert.equal(codeOf('1.2', 'TBS_E_TOO_MANY_RESOURCES'), 0x15);
    assert.equal(codeOf('1.2', 'TBS_E_SERVICE_START_PENDING'), 0x800);
    assert.equal(codeOf('1.2', 'TBS_E_INTERNAL_ERROR'), 0x09);
  });

  it('has the code of localities for a locality, and not for other parameters', () => {
    const locality = { parameter: 'locality' };
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER', locality), 0x000c0907);
    assert.equal(codeOf('1.2', 'TBS_E_BAD_PARAMETER', locality), 0x3d);
    assert.equal(codeOf('2.0', 'TBS_E_BAD_PARAMETER', { parameter: 'command' }), 0x000c0142);
    assert.equal(codeOf('2.0', 'TBS_E_IOERROR', locality), 0x000c0101);
  });
});
