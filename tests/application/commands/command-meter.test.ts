import assert from 'node:assert/strict';
import { resultOfRefusal, resultOfResponse } from '../../../ts-core/application/commands/command-meter.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

describe('how a command ended, for those who count', () => {
  it('tells lists, lockout, cancelling and faults apart, and takes every other refusal for one kind', () => {
    const results = {
      TPM_E_COMMAND_BLOCKED: 'blocked',
      TPM_E_EMBEDDED_COMMAND_BLOCKED: 'blocked',
      TPM_20_E_LOCKOUT: 'lockedOut',
      TPM_E_DEFEND_LOCK_RUNNING: 'lockedOut',
      TBS_E_COMMAND_CANCELED: 'cancelled',
      TBS_E_IOERROR: 'failed',
      TBS_E_INTERNAL_ERROR: 'failed',
      TBS_E_BAD_PARAMETER: 'refused',
      TBS_E_TOO_MANY_RESOURCES: 'refused',
    } as const;
    for (const [symbol, result] of Object.entries(results)) {
      assert.equal(resultOfRefusal(new TbsError(symbol as keyof typeof results)), result, symbol);
    }
  });

  it('keeps apart what a TPM answers to authorizations', () => {
    assert.deepEqual((['success', 'authorizationFailure', 'hardwareLockout', 'other'] as const).map(resultOfResponse), [
      'success',
      'authorizationFailure',
      'tpmLockout',
      'tpmError',
    ]);
  });
});
