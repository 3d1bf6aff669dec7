import assert from 'node:assert/strict';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import {
  aboutHandle,
  aboutParameter,
  aboutSession,
  errorOf,
  isAuthorizationFailure,
  isOutOfObjectMemory,
  isSuccess,
  isTemporaryFailure,
  OBJECT_QUOTA,
  refusal,
  SESSION_QUOTA,
  subjectOf,
  success,
} from '../../../ts-core/domain/tpm20/responses.js';

describe('response codes of TPM 2.0', () => {
  it('of format one name the parameter, handle or session', () => {
    assert.equal(aboutParameter(TPM_RC.HANDLE, 1), 0x1cb);
    assert.equal(aboutHandle(TPM_RC.VALUE, 0), 0x184);
    assert.equal(aboutSession(TPM_RC.AUTH_FAIL, 0), 0x98e);
    for (const code of [aboutParameter(TPM_RC.VALUE, 3), aboutHandle(TPM_RC.VALUE, 6), aboutSession(TPM_RC.VALUE, 2)]) {
      assert.equal(errorOf(code), TPM_RC.VALUE);
    }
  });

  it('of format one tell their subject, counted from 1', () => {
    assert.deepEqual(subjectOf(aboutParameter(TPM_RC.VALUE, 15)), { kind: 'parameter', number: 15 });
    assert.deepEqual(subjectOf(aboutHandle(TPM_RC.VALUE, 6)), { kind: 'handle', number: 7 });
    assert.deepEqual(subjectOf(aboutSession(TPM_RC.VALUE, 0)), { kind: 'session', number: 1 });
    assert.deepEqual(subjectOf(TPM_RC.VALUE), { kind: 'handle', number: 0 });
  });

  it('of an authorization failure are AUTH_FAIL and BAD_AUTH of the TPM itself', () => {
    assert.ok(isAuthorizationFailure(aboutSession(TPM_RC.AUTH_FAIL, 1)));
    assert.ok(isAuthorizationFailure(aboutHandle(TPM_RC.BAD_AUTH, 0)));
    assert.ok(!isAuthorizationFailure(TPM_RC.LOCKOUT));
    assert.ok(!isAuthorizationFailure(0x000c0000 | TPM_RC.AUTH_FAIL), 'another layer');
  });

  it('for a lack of room for an object are three', () => {
    const codes = Object.values(TPM_RC).filter(isOutOfObjectMemory);
    assert.deepEqual(codes, [TPM_RC.OBJECT_MEMORY, TPM_RC.MEMORY, TPM_RC.OBJECT_HANDLES]);
  });

  it('are temporary if they are warnings about the state of the TPM', () => {
    const temporary = Object.entries(TPM_RC).flatMap(([name, code]) => (isTemporaryFailure(code) ? [name] : []));
    assert.deepEqual(temporary, [
      ...['CONTEXT_GAP', 'OBJECT_MEMORY', 'SESSION_MEMORY', 'MEMORY', 'SESSION_HANDLES', 'OBJECT_HANDLES'],
      ...['LOCALITY', 'YIELDED', 'CANCELED', 'TESTING', 'NV_RATE', 'LOCKOUT', 'RETRY', 'NV_UNAVAILABLE'],
    ]);
  });

  it('of the broker’s quotas have the layer of a resource manager', () => {
    assert.deepEqual([OBJECT_QUOTA, SESSION_QUOTA], [0x000c0902, 0x000c0903]);
  });
});

describe('responses of TPM 2.0', () => {
  it('are a header and, after success, a body', () => {
    assert.deepEqual(refusal(TPM_RC.HANDLE), Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0x8b));
    assert.deepEqual(success(), Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
    assert.deepEqual(success(Uint8Array.of(1, 2)), Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 1, 2));
    assert.deepEqual([isSuccess(success()), isSuccess(refusal(TPM_RC.RETRY))], [true, false]);
  });
});
