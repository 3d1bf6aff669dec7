import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { handleIn, modelBroker } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 commands that the TPM has answered', () => {
  it('leave a session open if its continue flag is returned as 1, and end it if it is 0', async () => {
    const { virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    for (const path of ['send', 'exchange'] as const) {
      const sign = async (session: number, continues: boolean) =>
        responseCodeOf(await alice[path](command.sign(key, session, continues)));
      const [lasting, ending] = [
        handleIn(await alice.send(command.oiap())),
        handleIn(await alice.send(command.oiap())),
      ];
      assert.equal(await sign(lasting, true), 0);
      assert.equal(await sign(ending, false), 0);
      assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
      assert.equal(await sign(ending, true), TPM_RESULT.INVALID_AUTHHANDLE);
      assert.equal(await sign(lasting, true), 0);
      assert.equal(await alice.code(command.terminate(lasting)), 0);
    }
  });

  it('end a session if they fail, unless the TPM has not processed it', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    for (const untouched of ['RETRY', 'DEFEND_LOCK_RUNNING'] as const) {
      tpm.refuses('Sign', TPM_RESULT[untouched]);
      tpm.takeLog();
      tpm.answer = keepingSessions(tpm);
      assert.equal(responseCodeOf(await alice.exchange(command.sign(key, session, true))), TPM_RESULT[untouched]);
      assert.deepEqual(tpm.takeLog(), ['Sign'], 'no session is looked for');
    }
    tpm.takeLog();
    assert.equal(responseCodeOf(await alice.exchange(command.sign(key, session, true, true))), TPM_RESULT.AUTHFAIL);
    assert.ok(tpm.takeLog().includes('GetCapability'), 'the TPM is asked which sessions are left');
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
  });

  it('load a key by TPM_LoadKey only with the TPM’s own handle, which its HMAC covers', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    assert.equal(handleIn(await alice.send(command.loadKey(1))), 1);
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(number)));
    // The context's key is no longer in the TPM, which has assigned its handle again.
    const resident = () =>
      virtualizer.resources().filter((resource) => resource.contextId === alice.contextId && resource.resident);
    assert.deepEqual(resident(), []);
    for (const handle of [2, 3]) tpm.answer(command.flush(handle, TPM_RT.KEY));
    tpm.answer(command.flush(1, TPM_RT.KEY));
    assert.equal(await alice.code(command.loadKey(2)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
  });

  it('bind a session to its key: it ends when the key is flushed', async () => {
    const { virtualizer, alice } = await modelBroker();
    const [key, other] = [
      handleIn(await alice.send(command.loadKey2(1))),
      handleIn(await alice.send(command.loadKey2(2))),
    ];
    handleIn(await alice.send(command.osap(key)));
    handleIn(await alice.send(command.dsap(key)));
    handleIn(await alice.send(command.osap(other)));
    handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 2);
  });

  it('report each change of the snapshot, and nothing else', async () => {
    const { virtualizer, alice } = await modelBroker();
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    const key = handleIn(await alice.send(command.loadKey2(1)));
    assert.ok(changes > 0);
    const session = handleIn(await alice.send(command.oiap()));
    changes = 0;
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
    assert.equal(changes, 0);
  });

  it('leave or end each of two sessions by its own continue flag', async () => {
    for (const continues of [
      [true, false],
      [false, true],
    ] as const) {
      const { virtualizer, alice } = await modelBroker();
      const key = handleIn(await alice.send(command.loadKey2(1)));
      const sessions = [
        handleIn(await alice.send(command.oiap())),
        handleIn(await alice.send(command.oiap())),
      ] as const;
      assert.equal(await alice.code(command.certifyKey([key, key], sessions, continues)), 0);
      const left = virtualizer
        .resources()
        .flatMap(({ kind, virtualHandle }) => (kind === 'key' ? [] : [virtualHandle]));
      assert.deepEqual(
        left,
        sessions.filter((_, index) => continues[index]),
      );
    }
  });

  it('leave a session open after a response that is nothing but its authorization', async () => {
    const { virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.keyControlOwner(key, session, true)), 0);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
  });

  it('end a session if the response is too short to say that it continues', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.responds('Sign', new Uint8Array(36).fill(1));
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
  });

  it('need no look at the sessions if they fail without one', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.refuses('GetRandom', TPM_RESULT.FAIL, 2);
    tpm.takeLog();
    for (let number = 0; number < 2; number++)
      assert.equal(responseCodeOf(await alice.exchange(command.ordinal(TPM_ORD.GetRandom))), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['GetRandom', 'GetRandom']);
  });

  it('create nothing if the TPM does not return a handle', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    for (const [ordinal, bytes] of [
      ['OIAP', command.oiap()],
      ['LoadKey2', command.loadKey2(1)],
      ['LoadKey', command.loadKey(1)],
    ] as const) {
      tpm.responds(ordinal, new Uint8Array());
      assert.equal(await alice.code(bytes), 0);
    }
    assert.deepEqual(virtualizer.resources(), []);
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
