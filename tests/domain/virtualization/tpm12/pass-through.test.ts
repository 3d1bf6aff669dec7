import assert from 'node:assert/strict';
import { TPM_RESULT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker, drive } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 commands that are passed through', () => {
  it('ends the session of a command that it must fail itself, as a TPM does', () => {
    const { made, code, virtualizer } = broker();
    const session = made(1, command.oiap());
    assert.equal(code(1, command.sign(77, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
    const key = made(1, command.loadKey2(3));
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('does not touch another context’s session of the same handle when it fails a command', () => {
    const { made, code } = broker();
    const alice = made(1, command.oiap());
    assert.equal(code(2, command.sign(77, alice, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), alice, true)), 0);
  });

  it('flushes what a cancelled command created', () => {
    const { virtualizer, tpm, send } = broker();
    const load = command.loadKey2(4);
    drive(virtualizer.discard(1, load, send(1, load)), tpm);
    const oiap = command.oiap();
    drive(virtualizer.discard(1, oiap, send(1, oiap)), tpm);
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, virtualizer.resources().length], [0, 0, 0]);
  });
});
