import assert from 'node:assert/strict';
import {
  isLockedOut,
  isWrongAuthorization,
  STORAGE_ROOT_KEY,
  STORED_DELEGATION,
  type TriedAuthorization,
  withTpmFailures,
} from '../../../ts-core/application/owner-auth/tpm-failure.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { Tpm12CommandError } from '../../../ts-core/domain/tpm12/authorized-command.js';
import { TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { Tpm20CommandError } from '../../../ts-core/domain/tpm20/authorized-command.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle } from '../../../ts-core/domain/tpm20/responses.js';

async function failureOf(error: unknown, tried?: TriedAuthorization): Promise<TbsError> {
  try {
    await withTpmFailures(Promise.reject(error), tried);
  } catch (failure) {
    if (failure instanceof TbsError) return failure;
  }
  return assert.fail('no TbsError');
}

const from20 = (code: number, tried?: TriedAuthorization) =>
  failureOf(new Tpm20CommandError(TPM_CC.Clear, code), tried);
const from12 = (code: number, tried?: TriedAuthorization) =>
  failureOf(new Tpm12CommandError(TPM_ORD.OwnerClear, code), tried);

describe('an error of the TPM', () => {
  it('is returned as the result if there is none', async () => {
    assert.equal(await withTpmFailures(Promise.resolve(7)), 7);
  });

  it('is a wrong authorization if the TPM compared it', async () => {
    const failures = [await from20(aboutHandle(TPM_RC.AUTH_FAIL, 0)), await from12(TPM_RESULT.AUTHFAIL)];
    assert.deepEqual(
      failures.map(({ symbol }) => symbol),
      ['TPM_20_E_AUTH_FAIL', 'TPM_E_AUTHFAIL'],
    );
    for (const failure of failures) {
      assert.ok(isWrongAuthorization(failure) && !isLockedOut(failure));
      assert.equal(failure.details?.['tried'], true);
    }
  });

  it('is a lockout if the TPM did not compare it, and names what was not tried', async () => {
    const failures = [
      await from20(TPM_RC.LOCKOUT, STORED_DELEGATION),
      await from12(TPM_RESULT.DEFEND_LOCK_RUNNING, STORED_DELEGATION),
    ];
    for (const failure of failures) {
      assert.deepEqual([isLockedOut(failure), isWrongAuthorization(failure)], [true, false]);
      assert.match(failure.message, /it did not try the stored delegation/);
      assert.equal(failure.details?.['tried'], false);
    }
  });

  it('of a delegation whose family no longer exists is a wrong authorization, but not of anything else', async () => {
    for (const code of [TPM_RESULT.BADINDEX, TPM_RESULT.DELEGATE_FAMILY]) {
      const failure = await from12(code, STORED_DELEGATION);
      assert.deepEqual([failure.symbol, failure.details?.['reason']], ['TPM_E_AUTHFAIL', 'delegation']);
      assert.equal((await from12(code)).symbol, 'TBS_E_INTERNAL_ERROR');
    }
  });

  it('of the storage root key is not a wrong owner authorization', async () => {
    const failure = await from12(TPM_RESULT.AUTHFAIL, STORAGE_ROOT_KEY);
    assert.equal(failure.symbol, 'TBS_E_PROVISIONING_INCOMPLETE');
    assert.equal(failure.details?.['reason'], 'storageRootKeySecret');
    assert.ok(!isWrongAuthorization(failure));
  });

  it('of any other kind shows the TPM’s code', async () => {
    const failure = await from20(TPM_RC.DISABLED);
    assert.equal(failure.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.equal(failure.details?.['responseCode'], TPM_RC.DISABLED);
    assert.ok(failure.message.includes(`0x${TPM_RC.DISABLED.toString(16)}`));
  });

  it('stays as it is if it is already a TbsError', async () => {
    const error = new TbsError('TBS_E_IOERROR');
    assert.equal(await failureOf(error), error);
  });
});
