import assert from 'node:assert/strict';
import { TPM_CC, TPM_RC } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  missingForFlush,
  missingForSave,
  missingInAuthorizationArea,
  missingInHandleArea,
} from '../../../../ts-core/domain/virtualization/tpm20/missing-handles.js';

/** Measured with libtpms 0.9: three objects, 64 sessions. */
const RANGES = { transientObjects: 3, sessions: 64 };
const OBJECT = 0x80000002;
const OBJECT_BEYOND = 0x80000003;
const HMAC_SESSION = 0x0200003f;
const POLICY_SESSION = 0x0300003f;
const POLICY_SESSION_BEYOND = 0x03000040;

describe('the response for a handle that a context does not have', () => {
  const inArea = (code: number, handle: number, position: number, count: number) =>
    missingInHandleArea(code, handle, position, count, RANGES);

  it('is REFERENCE_Hx within the slots of the TPM, and VALUE beyond them', () => {
    assert.equal(inArea(TPM_CC.Sign, OBJECT, 0, 1), TPM_RC.REFERENCE_H0);
    assert.equal(inArea(TPM_CC.Certify, OBJECT, 1, 2), TPM_RC.REFERENCE_H1);
    assert.equal(inArea(TPM_CC.Sign, OBJECT_BEYOND, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.Certify, OBJECT_BEYOND, 1, 2), aboutHandle(TPM_RC.VALUE, 1));
  });

  it('is REFERENCE_Hx for a policy session if the command accepts one, as its last handle', () => {
    assert.equal(inArea(TPM_CC.PolicyGetDigest, POLICY_SESSION, 0, 1), TPM_RC.REFERENCE_H0);
    assert.equal(inArea(TPM_CC.PolicyGetDigest, POLICY_SESSION_BEYOND, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicySecret, POLICY_SESSION, 1, 2), TPM_RC.REFERENCE_H1);
    assert.equal(inArea(TPM_CC.PolicySecret, POLICY_SESSION, 0, 2), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicySecret, OBJECT, 0, 2), TPM_RC.REFERENCE_H0);
  });

  it('is VALUE for a handle of the wrong type', () => {
    assert.equal(inArea(TPM_CC.PolicyGetDigest, HMAC_SESSION, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicyGetDigest, OBJECT, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.Sign, POLICY_SESSION, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.GetSessionAuditDigest, HMAC_SESSION, 2, 3), TPM_RC.REFERENCE_H2);
    assert.equal(inArea(TPM_CC.GetSessionAuditDigest, POLICY_SESSION, 2, 3), aboutHandle(TPM_RC.VALUE, 2));
  });

  it('treats every policy command of the specification as accepting one', () => {
    const policies = Object.entries(TPM_CC).filter(([name]) => name.startsWith('Policy'));
    const session = policies.filter(([, code]) => inArea(code, POLICY_SESSION, 0, 1) === TPM_RC.REFERENCE_H0);
    const others = policies.filter((each) => !session.includes(each)).map(([name]) => name);
    // The measured library does not have these: the TPM itself refuses the handle.
    assert.deepEqual(others, ['Policy_AC_SendSelect', 'PolicyTransportSPDM']);
  });

  it('in the authorization area is REFERENCE_Sx or VALUE', () => {
    assert.equal(missingInAuthorizationArea(HMAC_SESSION, 0, RANGES), TPM_RC.REFERENCE_S0);
    assert.equal(missingInAuthorizationArea(POLICY_SESSION, 2, RANGES), TPM_RC.REFERENCE_S2);
    assert.equal(missingInAuthorizationArea(POLICY_SESSION_BEYOND, 1, RANGES), aboutSession(TPM_RC.VALUE, 1));
  });

  it('is REFERENCE_H0 or VALUE for ContextSave, and HANDLE or VALUE of the parameter for FlushContext', () => {
    assert.equal(missingForSave(OBJECT, RANGES), TPM_RC.REFERENCE_H0);
    assert.equal(missingForSave(OBJECT_BEYOND, RANGES), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(missingForFlush(POLICY_SESSION, RANGES), aboutParameter(TPM_RC.HANDLE, 1));
    assert.equal(missingForFlush(POLICY_SESSION_BEYOND, RANGES), aboutParameter(TPM_RC.VALUE, 1));
  });
});
