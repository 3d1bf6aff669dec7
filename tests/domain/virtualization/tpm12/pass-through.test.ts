import assert from 'node:assert/strict';
import { readUint32, responseCodeOf, writeUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_ORD, TPM_RESULT, TPM_RT, TPM_TAG } from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import { blobIn, handleIn, inTurn, modelBroker } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 commands that are passed through', () => {
  it('end their session if the broker itself must reject them, as on a TPM', async () => {
    const { virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.sign(77, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
    const key = handleIn(await alice.send(command.loadKey2(3)));
    assert.equal(await alice.code(command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('do not affect another context’s session with the same handle if they are rejected', async () => {
    const { alice, bob } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await bob.code(command.sign(77, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(await alice.code(command.sign(handleIn(await alice.send(command.loadKey2(3))), session, true)), 0);
  });

  it('are undone by a flush if they created something and were cancelled', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const load = command.loadKey2(4);
    await alice.discard(load, await alice.send(load));
    const oiap = command.oiap();
    await alice.discard(oiap, await alice.send(oiap));
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, virtualizer.resources().length], [0, 0, 0]);
  });

  it('make room for a session before it is opened, by evicting the least recently used', async () => {
    const { virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const sessions = await inTurn(3, async () => handleIn(await alice.send(command.oiap())));
    assert.equal(responseCodeOf(await alice.exchange(command.sign(key, sessions[0] as number, true))), 0);
    handleIn(await alice.send(command.oiap()));
    const away = virtualizer.resources().filter(({ resident }) => !resident);
    assert.deepEqual(
      away.map(({ virtualHandle }) => virtualHandle),
      [sessions[1]],
    );
  });

  it('evict and repeat if the TPM unexpectedly has no room', async () => {
    const { tpm, alice } = await modelBroker();
    for (let number = 0; number < 2; number++) handleIn(await alice.send(command.oiap()));
    tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    tpm.takeLog();
    assert.equal(await alice.code(command.oiap()), 0);
    assert.deepEqual(tpm.takeLog(), ['OIAP', 'SaveContext', 'OIAP']);
    const empty = await modelBroker();
    empty.tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    assert.equal(await empty.alice.code(command.oiap()), TPM_RESULT.RESOURCES, 'nothing is left to evict');
  });

  it('are rejected if they are too short for their handles and authorizations', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.Sign, new Uint8Array(3))), TPM_RESULT.BAD_PARAM_SIZE);
    assert.equal(
      await alice.code(command12(TPM_ORD.Sign, new Uint8Array(30), TPM_TAG.RQU_AUTH1_COMMAND)),
      TPM_RESULT.BAD_PARAM_SIZE,
    );
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('find a key that has appeared in the TPM since, but no other', async () => {
    const { tpm, alice } = await modelBroker();
    const session = async () => handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.sign(0x55, await session(), true)), TPM_RESULT.INVALID_KEYHANDLE);
    tpm.keys.set(0x55, { identity: 5 });
    assert.equal(await alice.code(command.sign(0x55, await session(), true)), 0);
  });

  it('treat the entity of TPM_OSAP and TPM_DSAP as a key only if it is one', async () => {
    const { alice } = await modelBroker();
    handleIn(await alice.send(command.loadKey2(1)));
    assert.equal(await alice.code(command.osap(77, TPM_ET.NV)), 0);
    assert.equal(await alice.code(command.osap(77, TPM_ET.KEYHANDLE)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(await alice.code(command.dsap(77, TPM_ET.DEL_OWNER_BLOB)), 0);
    assert.equal(await alice.code(command.dsap(77, TPM_ET.DEL_KEY_BLOB)), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('are undone only if they succeeded and their context is open', async () => {
    const { tpm, alice, bob } = await modelBroker();
    const load = command.loadKey2(4);
    const response = await alice.send(load);
    await alice.discard(load, refusal(TPM_RESULT.FAIL));
    await bob.discard(load, response);
    await alice.discard(command.ordinal(TPM_ORD.GetRandom), response);
    await alice.discard(load, response.subarray(0, 12));
    assert.equal(tpm.keys.size, 1);
    await alice.close();
    await alice.discard(load, response);
    assert.equal(tpm.keys.size, 0);
  });

  it('leave the caller’s command as it was, with other handles for the TPM', async () => {
    const { tpm, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    const bytes = command.getPubKey(key);
    assert.equal(responseCodeOf(await alice.exchange(bytes)), 0);
    assert.deepEqual(bytes, command.getPubKey(key));
    assert.equal(tpm.keys.get(readUint32(tpm.lastCommand('GetPubKey'), 10))?.identity, 5);
  });

  it('ask for room only if they create something', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.takeLog();
    assert.equal(responseCodeOf(await alice.exchange(command.sign(key, session, true))), 0);
    assert.deepEqual(tpm.takeLog(), ['Sign']);
    assert.equal(await alice.code(command.loadKey2(6)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'LoadKey2']);
  });

  it('are not sent while a key that they need cannot be loaded, nor if no room can be made', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker({
      tpm: new ModelTpm12({ keys: 1, sessions: 3, savedSessions: 16 }),
    });
    const parent = handleIn(await alice.send(command.loadKey2(1)));
    const loadChild = command.loadKey2(2);
    writeUint32(loadChild, 10, parent);
    await broker.run(() => virtualizer.suspend());
    tpm.takeLog();
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(loadChild), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['LoadContext']);
    assert.equal(await alice.code(loadChild), TPM_RESULT.RESOURCES, 'the TPM holds one key, and needs two');
    assert.deepEqual(tpm.takeLog(), ['LoadContext', 'GetCapability']);
  });

  it('are not repeated if they create nothing, whatever they return', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    handleIn(await alice.send(command.oiap()));
    tpm.refuses('GetPubKey', TPM_RESULT.RESOURCES);
    tpm.takeLog();
    assert.equal(responseCodeOf(await alice.exchange(command.getPubKey(key))), TPM_RESULT.RESOURCES);
    assert.deepEqual(tpm.takeLog(), ['GetPubKey']);
  });

  it('do not look for unmanaged keys if it is a session that is unknown', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    tpm.takeLog();
    assert.equal(await alice.code(command.sign(key, 77, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('load a key of TPM 1.1 within the user’s quota', async () => {
    const { tpm, virtualizer, alice } = await modelBroker({ limits: { keysPerUser: 2 } });
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const blob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    tpm.refuses('LoadKeyContext', TPM_RESULT.NOSPACE);
    assert.equal(await alice.code(command.loadKeyContext(blob)), 0, 'it is repeated after an eviction');
    assert.equal(await alice.code(command.loadKeyContext(blob)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.counts(alice.contextId).transient, 2);
  });

  it('are not undone if they loaded no context that the broker knows', async () => {
    const { tpm, alice } = await modelBroker();
    const load = command.loadKey2(4);
    const response = await alice.send(load);
    await alice.discard(command.loadContext(new Uint8Array(20), 0), response);
    assert.equal(tpm.keys.size, 1);
  });
});

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
