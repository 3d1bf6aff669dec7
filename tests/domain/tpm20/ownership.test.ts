import assert from 'node:assert/strict';
import { EMPTY_AUTH } from '../../../ts-core/domain/tpm20/authorized-command.js';
import { TPM_RC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { clear, hierarchyChangeAuth } from '../../../ts-core/domain/tpm20/ownership.js';
import { isAuthorizationFailure } from '../../../ts-core/domain/tpm20/responses.js';
import { LOCKOUT_AUTH } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered, successWithSession } from '../../support/answered-exchange.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';

describe('the authorization of a hierarchy', () => {
  it('is replaced under the old one, with the new one as the parameter', () => {
    const [old, next] = [Uint8Array.of(0x5a), Uint8Array.of(0x0b, 0x0c)];
    const { sent } = answered(hierarchyChangeAuth(TPM_RH.ENDORSEMENT, old, next), successWithSession());
    const session = ['0000000a', '40000009', '0000', '01', '0001', '5a'];
    assert.deepEqual(sent.map(toHex), [
      ['8002', '00000020', '00000129', '4000000b', ...session, '0002', '0b0c'].join(''),
    ]);
    assert.deepEqual([old[0], next[0]], [0x5a, 0x0b], 'the caller’s own bytes stay');
  });

  it('is replaced by the command that a TPM accepted', () => {
    new Replay('2.0', 'hierarchyChangeAuth', () => hierarchyChangeAuth(TPM_RH.LOCKOUT, EMPTY_AUTH, LOCKOUT_AUTH)).run();
  });
});

describe('clearing a TPM 2.0', () => {
  it('takes the lockout authorization, and the command that a TPM accepted', () => {
    new Replay('2.0', 'clear', () => clear(LOCKOUT_AUTH)).run();
    const { sent } = answered(clear(EMPTY_AUTH), successWithSession());
    assert.deepEqual(sent.map(toHex), [
      ['8002', '0000001b', '00000126', '4000000a', '00000009', '40000009', '0000', '01', '0000'].join(''),
    ]);
  });

  it('fails as an authorization failure if the value is wrong', () => {
    const wrong = new Replay('2.0', 'wrong lockout authorization', () => clear(EMPTY_AUTH));
    assert.throws(
      () => wrong.run(),
      (error: { responseCode: number }) =>
        isAuthorizationFailure(error.responseCode) && error.responseCode !== TPM_RC.LOCKOUT,
    );
  });
});
