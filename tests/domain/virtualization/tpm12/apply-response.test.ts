import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 commands that the TPM has answered', () => {
  it('leave a session open if its continue flag is returned as 1, and end it if it is 0', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const [lasting, ending] = [made(1, command.oiap()), made(1, command.oiap())];
    assert.equal(code(1, command.sign(key, lasting, true)), 0);
    assert.equal(code(1, command.sign(key, ending, false)), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
    assert.equal(code(1, command.sign(key, ending, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(1, command.sign(key, lasting, true)), 0);
  });

  it('end a session if they fail, unless the TPM has not processed it', () => {
    const { made, code, tpm, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    for (const untouched of ['RETRY', 'DEFEND_LOCK_RUNNING'] as const) {
      tpm.refuses('Sign', TPM_RESULT[untouched]);
      tpm.takeLog();
      tpm.answer = keepingSessions(tpm);
      assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT[untouched]);
      assert.deepEqual(tpm.takeLog(), ['Sign'], 'no session is looked for');
    }
    tpm.takeLog();
    assert.equal(code(1, command.sign(key, session, true, true)), TPM_RESULT.AUTHFAIL);
    assert.ok(tpm.takeLog().includes('GetCapability'), 'the TPM is asked which sessions are left');
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('load a key by TPM_LoadKey only with the TPM’s own handle, which its HMAC covers', () => {
    const { made, code, tpm, virtualizer } = broker();
    assert.equal(made(1, command.loadKey(1)), 1);
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(number));
    // The context's key is no longer in the TPM, which has assigned its handle again.
    const resident = () => virtualizer.resources().filter((resource) => resource.contextId === 1 && resource.resident);
    assert.deepEqual(resident(), []);
    for (const handle of [2, 3]) tpm.answer(command.flush(handle, TPM_RT.KEY));
    tpm.answer(command.flush(1, TPM_RT.KEY));
    assert.equal(code(1, command.loadKey(2)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.counts(1).transient, 1);
  });

  it('bind a session to its key: it ends when the key is flushed', () => {
    const { made, code, virtualizer } = broker();
    const [key, other] = [made(1, command.loadKey2(1)), made(1, command.loadKey2(2))];
    made(1, command.osap(key));
    made(1, command.dsap(key));
    made(1, command.osap(other));
    made(1, command.oiap());
    assert.equal(code(1, command.flush(key, TPM_RT.KEY)), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 2);
  });

  it('report each change of the snapshot, and nothing else', () => {
    const { made, code, virtualizer } = broker();
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    const key = made(1, command.loadKey2(1));
    assert.ok(changes > 0);
    const session = made(1, command.oiap());
    changes = 0;
    assert.equal(code(1, command.sign(key, session, true)), 0);
    assert.equal(changes, 0);
  });
});

/** A TPM that rejects a command before it checks the authorization, so that the session continues. */
function keepingSessions(tpm: ModelTpm12): ModelTpm12['answer'] {
  const answer = ModelTpm12.prototype.answer.bind(tpm);
  return (command) => {
    const sessions = new Map(tpm.authSessions);
    const response = answer(command);
    if (readUint32(response, 6) >= TPM_RESULT.RETRY)
      for (const [handle, session] of sessions) tpm.authSessions.set(handle, session);
    return response;
  };
}
