import assert from 'node:assert/strict';
import { TPM_ORD, TPM_RESULT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('reconciling with a TPM 1.2', () => {
  it('asks the TPM which sessions are left after a delegation command', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(3));
    made(1, command.osap(key));
    const free = made(1, command.oiap());
    assert.equal(code(2, command.ordinal(TPM_ORD.Delegate_Manage, new Uint8Array(12))), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
    assert.equal(code(1, command.sign(key, free, true)), 0);
  });

  it('asks the TPM what it still has after a transfer has failed', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    const exchange = virtualizer.execute(1, command.sign(key, session, true));
    tpm.answer(exchange.next().value as Uint8Array);
    tpm.authSessions.clear();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('answers what a TPM reset took with clear errors, and goes on', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    tpm.keys.clear();
    tpm.authSessions.clear();
    virtualizer.tpmWasReset();
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), made(1, command.oiap()), true)), 0);
  });
});
