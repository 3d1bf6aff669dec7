import assert from 'node:assert/strict';
import { writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import {
  firstHandle,
  firstSizedBuffer,
  handleListOf,
  handleListResponse,
  isAuthorizationFailure,
  isSuccess,
  numberOf,
  numberResponse,
  refusal,
  success,
} from '../../../ts-core/domain/tpm12/responses.js';

describe('responses of TPM 1.2', () => {
  it('are a header and, after success, a body', () => {
    assert.deepEqual(refusal(TPM_RESULT.RETRY), Uint8Array.of(0, 0xc4, 0, 0, 0, 10, 0, 0, 8, 0));
    assert.deepEqual(success(), Uint8Array.of(0, 0xc4, 0, 0, 0, 10, 0, 0, 0, 0));
    assert.deepEqual(success(Uint8Array.of(7)), Uint8Array.of(0, 0xc4, 0, 0, 0, 11, 0, 0, 0, 0, 7));
    assert.deepEqual([isSuccess(success()), isSuccess(refusal(TPM_RESULT.FAIL))], [true, false]);
  });

  it('are authorization failures for the first and the second authorization', () => {
    const failures = Object.entries(TPM_RESULT).flatMap(([name, code]) => (isAuthorizationFailure(code) ? [name] : []));
    assert.deepEqual(failures, ['AUTHFAIL', 'AUTH2FAIL']);
  });

  it('contain a list of handles, all or none', () => {
    for (const handles of [[], [1], [0xffffffff, 2, 3]]) {
      assert.deepEqual(handleListOf(handleListResponse(handles)), handles);
    }
    const whole = handleListResponse([1, 2]);
    assert.equal(handleListOf(whole.subarray(0, whole.length - 1)), undefined);
    const short = whole.slice();
    short[13] = 9;
    assert.equal(handleListOf(short), undefined, 'the list says two, and has room for one');
    assert.equal(handleListOf(success(Uint8Array.of(0, 0, 0, 1, 0))), undefined, 'no count');
    assert.equal(handleListOf(refusal(TPM_RESULT.BAD_MODE)), undefined);
  });

  it('contain a number', () => {
    assert.equal(numberOf(numberResponse(0xfffffffe)), 0xfffffffe);
    assert.equal(numberOf(success(Uint8Array.of(0, 0, 0, 3, 1, 2, 3))), undefined);
    assert.equal(numberOf(refusal(TPM_RESULT.BAD_MODE)), undefined);
  });

  it('start with a handle or a sized buffer', () => {
    assert.equal(firstHandle(success(Uint8Array.of(0, 0, 1, 0))), 256);
    assert.equal(firstHandle(success(Uint8Array.of(0, 0, 1))), undefined);
    const failed = success(Uint8Array.of(0, 0, 0, 0));
    writeUint32(failed, 6, TPM_RESULT.FAIL);
    assert.deepEqual([firstHandle(failed), firstSizedBuffer(failed)], [undefined, undefined], 'whatever follows');
    const response = success(Uint8Array.of(0, 0, 0, 2, 8, 9, 10));
    const buffer = firstSizedBuffer(response);
    assert.deepEqual(buffer, Uint8Array.of(8, 9));
    response.fill(0);
    assert.deepEqual(buffer, Uint8Array.of(8, 9), 'a copy');
    assert.equal(firstSizedBuffer(success(Uint8Array.of(0, 0, 0, 4, 1, 2, 3))), undefined);
    assert.equal(firstSizedBuffer(success(Uint8Array.of(0, 0, 0))), undefined);
  });
});
