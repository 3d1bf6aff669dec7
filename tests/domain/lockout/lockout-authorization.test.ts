import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lockoutAuthVerdict, remainingBlockMs } from '../../../ts-core/domain/lockout/lockout-authorization.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import {
  ACTIVE_SESSION_FIRST,
  LOADED_SESSION_FIRST,
  RC_BIT,
  TPM_CC,
  TPM_RC,
  TPM_RH,
  TPM_RS_PW,
} from '../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { GET_RANDOM_20, passwordCommand, sessionCommand } from '../../support/tpm20-commands.js';

const POLICY_SESSION = ACTIVE_SESSION_FIRST;
const HMAC_SESSION = LOADED_SESSION_FIRST;
const REFUSED = aboutSession(TPM_RC.AUTH_FAIL, 0);

function verdictOf(command: Uint8Array, code: number, responseCode: number, handleCount = 1) {
  return lockoutAuthVerdict(code, command, handleCount, errorResponse('2.0', responseCode));
}

describe('the lockout authorization in a command', () => {
  const reset = passwordCommand(TPM_CC.DictionaryAttackLockReset, [TPM_RH.LOCKOUT], 'value');
  const verdictOfReset = (responseCode: number) => verdictOf(reset, TPM_CC.DictionaryAttackLockReset, responseCode);

  it('is accepted, rejected or not compared, as the TPM responds', () => {
    assert.equal(verdictOfReset(TPM_RC.SUCCESS), 'accepted');
    assert.equal(verdictOfReset(REFUSED), 'rejected');
    assert.equal(verdictOfReset(TPM_RC.LOCKOUT), 'blocked');
    assert.equal(verdictOfReset(TPM_RC.RETRY), undefined);
  });

  it('is rejected only if the response names its session', () => {
    assert.equal(verdictOfReset(aboutSession(TPM_RC.AUTH_FAIL, 1)), undefined, 'a session that encrypts');
    assert.equal(verdictOfReset(aboutHandle(TPM_RC.AUTH_FAIL, 0)), undefined);
  });

  it('counts as used with an HMAC session, but not with a policy session', () => {
    const withSession = (handle: number) =>
      sessionCommand(TPM_CC.DictionaryAttackLockReset, [TPM_RH.LOCKOUT], [{ handle, hmac: 'hmac' }]);
    const code = TPM_CC.DictionaryAttackLockReset;
    assert.equal(verdictOf(withSession(HMAC_SESSION), code, TPM_RC.SUCCESS), 'accepted');
    assert.equal(verdictOf(withSession(POLICY_SESSION), code, TPM_RC.SUCCESS), undefined);
  });

  it('is recognized in PolicySecret, whose second handle needs no authorization', () => {
    const command = passwordCommand(TPM_CC.PolicySecret, [TPM_RH.LOCKOUT, POLICY_SESSION], 'value', Buffer.alloc(10));
    assert.equal(verdictOf(command, TPM_CC.PolicySecret, REFUSED, 2), 'rejected');
  });

  it('is in no command with another handle or without sessions', () => {
    const create = passwordCommand(TPM_CC.CreatePrimary, [TPM_RH.OWNER], '');
    for (const code of [TPM_RC.SUCCESS, TPM_RC.LOCKOUT, REFUSED]) {
      assert.equal(verdictOf(create, TPM_CC.CreatePrimary, code), undefined);
      assert.equal(verdictOf(GET_RANDOM_20, TPM_CC.GetRandom, code, 0), undefined);
    }
  });

  it('is usable again after a Clear, whoever authorized it', () => {
    const clear = sessionCommand(TPM_CC.Clear, [TPM_RH.PLATFORM], [{ handle: TPM_RS_PW, hmac: '' }]);
    assert.equal(verdictOf(clear, TPM_CC.Clear, TPM_RC.SUCCESS), 'accepted');
    assert.equal(verdictOf(clear, TPM_CC.Clear, REFUSED), undefined);
  });

  it('is not rejected by a code about a parameter, nor by one that names no session', () => {
    const aboutFirst = aboutParameter(TPM_RC.AUTH_FAIL, 1);
    for (const code of [aboutFirst, aboutFirst | RC_BIT.SESSION, aboutHandle(TPM_RC.AUTH_FAIL, 0)])
      assert.equal(verdictOfReset(code), undefined, code.toString(16));
  });

  it('is in no command whose handles or sessions are truncated, nor in one without handles', () => {
    const code = TPM_CC.DictionaryAttackLockReset;
    verdictOfReset(TPM_RC.SUCCESS);
    for (const length of [13, 17, 20])
      assert.equal(verdictOf(reset.subarray(0, length), code, TPM_RC.SUCCESS), undefined);
    verdictOfReset(TPM_RC.SUCCESS);
    const audited = sessionCommand(TPM_CC.GetRandom, [], [{ handle: HMAC_SESSION, hmac: 'hmac' }]);
    assert.equal(verdictOf(audited, TPM_CC.GetRandom, TPM_RC.SUCCESS, 0), undefined);
    verdictOfReset(TPM_RC.SUCCESS);
    const plain = Buffer.concat([GET_RANDOM_20.subarray(0, 10), reset.subarray(10, 14)]);
    assert.equal(verdictOf(plain, TPM_CC.GetRandom, TPM_RC.SUCCESS), undefined, 'a handle without sessions');
  });

  it('is searched in arbitrary bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 64 }), fc.nat(3), (bytes, handleCount) => {
        lockoutAuthVerdict(0, bytes, handleCount, bytes);
      }),
    );
  });
});

describe('the end of the block of the lockout authorization', () => {
  const since = { timeMs: 5000, resetCount: 3 };
  const at = (timeMs: number, resetCount = 3) => ({ timeMs, resetCount, restartCount: 0 });

  it('comes one recovery time after the rejection, by the TPM’s clock', () => {
    assert.equal(remainingBlockMs(since, at(5000), 86_400), 86_400_000);
    assert.equal(remainingBlockMs(since, at(8000), 10), 7000);
    assert.equal(remainingBlockMs(since, at(15_000), 10), 0);
  });

  it('comes one recovery time after a reset of the TPM, which restarts it', () => {
    assert.equal(remainingBlockMs(since, at(2000, 4), 10), 8000);
  });

  it('comes with the reset of the TPM if the recovery time is 0', () => {
    assert.equal(remainingBlockMs(since, at(1e9), 0), null);
    assert.equal(remainingBlockMs(since, at(0, 4), 0), 0);
  });
});
