import assert from 'node:assert/strict';
import { concat, sized, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT, TPM_TRANSPORT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import {
  ALICE,
  blobIn,
  handleIn,
  handlesIn,
  listOf,
  modelBroker,
  VirtualTpm12,
} from '../../../support/virtual-tpm12.js';

describe('TPM_SaveContext and TPM_LoadContext of a context', () => {
  it('save a session for its user, whose contexts can load it once, with its old handle', async () => {
    const { virtualizer, alice, bob, aliceToo } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 0, loadedSessions: 0, savedSessions: 1 });
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await bob.code(command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'another user');
    handleIn(await aliceToo.send(command.transport()));
    assert.equal(handleIn(await aliceToo.send(command.loadContext(blob, 0))), session);
    assert.equal(await alice.code(command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'a second time');
    const key = handleIn(await aliceToo.send(command.loadKey2(1)));
    assert.equal(await aliceToo.code(command.sign(key, session, true)), 0);
  });

  it('save a transport session with its attributes', async () => {
    const { tpm, alice } = await modelBroker();
    const transport = handleIn(await alice.send(command.transport(TPM_TRANSPORT.EXCLUSIVE)));
    const blob = blobIn(await alice.send(command.saveContext(transport, TPM_RT.TRANS)));
    const again = handleIn(await alice.send(command.loadContext(blob, 0)));
    tpm.takeLog();
    await alice.send(command.executeTransport(again, command.loadKey2(1)));
    assert.deepEqual(tpm.takeLog(), ['ExecuteTransport', 'LoadKey2'], 'asking for room would end it');
  });

  it('save a key as a blob that anybody can load, any number of times', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const blob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    assert.equal(virtualizer.counts(alice.contextId).transient, 1, 'the key stays');
    const copies = [
      handleIn(await bob.send(command.loadContext(blob, 0))),
      handleIn(await bob.send(command.loadContext(blob, 0))),
    ];
    assert.equal(new Set(copies).size, 2);
    for (const copy of copies) {
      assert.equal(
        readUint32(await bob.send(command.sign(copy, handleIn(await bob.send(command.oiap())), false)), 10),
        5,
      );
    }
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.equal(handleIn(await alice.send(command.loadContext(blob, 0, true))), key, 'under the handle that it had');
    assert.equal(await alice.code(command.loadContext(blob, 0, true)), TPM_RESULT.BAD_HANDLE, 'the handle is taken');
    assert.notEqual(handleIn(await alice.send(command.loadContext(blob, 0, false))), key);
  });

  it('remember the handle that a context used for a key, for the last 256 blobs', async () => {
    const { alice, bob, aliceToo } = await modelBroker({ limits: { keysPerUser: 400 } });
    const key = await keyUnderAnotherHandle(alice, bob);
    const saved = async (handle: number) => blobIn(await alice.send(command.saveContext(handle, TPM_RT.KEY)));
    const handleAgain = async (blob: Uint8Array) => {
      const handle = handleIn(await aliceToo.send(command.loadContext(blob, 0)));
      assert.equal(await aliceToo.code(command.flush(handle, TPM_RT.KEY)), 0);
      return handle;
    };
    const blob = await saved(key);
    const saveOthers = async (count: number) => {
      for (let number = 0; number < count; number++) {
        const other = handleIn(await alice.send(command.loadKey2(nextIdentity++)));
        await saved(other);
        assert.equal(await alice.code(command.flush(other, TPM_RT.KEY)), 0);
      }
    };
    let nextIdentity = 1000;
    await saveOthers(255);
    assert.equal(await handleAgain(blob), key);
    assert.deepEqual(await saved(key), blob, 'once more');
    await saveOthers(255);
    assert.equal(await handleAgain(blob), key);
    await saveOthers(1);
    assert.equal(await handleAgain(blob), readUint32(blob, 6), 'the handle that the TPM knew');
  });

  it('never give a key that is loaded again the handle of an unmanaged key', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const blob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    tpm.keys.set(key, { identity: 99 });
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.KEY))), [key], 'the broker has noticed it');
    assert.equal(await alice.code(command.loadContext(blob, 0, true)), TPM_RESULT.BAD_HANDLE);
    const again = handleIn(await alice.send(command.loadContext(blob, 0)));
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(readUint32(await alice.send(command.sign(key, session, true)), 10), 99);
    assert.equal(readUint32(await alice.send(command.sign(again, session, true)), 10), 5);
  });

  it('leave the caller’s command as it was', async () => {
    const { broker, virtualizer, alice, bob } = await modelBroker();
    const key = await keyUnderAnotherHandle(alice, bob);
    const session = handleIn(await alice.send(command.osap(key)));
    const authBlob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.oiap())))));
    await broker.run(() => virtualizer.suspend());
    handleIn(await bob.send(command.oiap()));
    const unchanged = async (bytes: Uint8Array) => {
      const before = bytes.slice();
      const response = await alice.exchange(bytes);
      assert.equal(responseCodeOf(response), 0);
      assert.deepEqual(bytes, before);
      return response;
    };
    const blob = blobIn(await unchanged(command.saveContext(session, TPM_RT.AUTH)));
    await unchanged(command.loadContext(blob, key, true));
    await unchanged(command.loadAuthContext(authBlob));
    const keyBlob = blobIn(await unchanged(command.saveContext(key, TPM_RT.KEY)));
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    await unchanged(command.loadContext(keyBlob, 0, true));
  });

  it('do not save what cannot be loaded now', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    tpm.takeLog();
    assert.equal(await alice.code(command.saveContext(key, TPM_RT.KEY)), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['LoadContext']);
  });

  it('pass on a blob of another form, with which the broker cannot recognize a key', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    for (const blob of [new Uint8Array(8), new Uint8Array(60)]) {
      tpm.responds('SaveContext', sized(blob));
      assert.deepEqual(blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY))), blob);
    }
    tpm.responds('SaveContext', new Uint8Array());
    assert.equal(await alice.code(command.saveContext(key, TPM_RT.KEY)), 0);
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
  });

  it('do not load a session while its key or a slot is missing, and keep it saved', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.osap(key))), TPM_RT.AUTH)),
    );
    await broker.run(() => virtualizer.suspend());
    tpm.takeLog();
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.loadContext(blob, key)), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['LoadContext'], 'of the key');
    tpm.responds('GetCapability', sized(uint32(0)));
    assert.equal(await alice.code(command.loadContext(blob, key)), TPM_RESULT.RESOURCES);
    assert.deepEqual(tpm.takeLog(), ['LoadContext', 'GetCapability'], 'of the key');
    assert.equal(await alice.code(command.loadContext(blob, key)), 0);
  });

  it('load a session that is bound to a permanent key of another context', async () => {
    const { alice, bob } = await modelBroker();
    const key = handleIn(await bob.send(command.loadKey2(9)));
    const owners = handleIn(await bob.send(command.oiap()));
    assert.equal(await bob.code(command.keyControlOwner(key, owners, true)), 0);
    const session = handleIn(await alice.send(command.osap(key)));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    assert.equal(await alice.code(command.loadContext(blob, key)), 0);
  });

  it('remember the entity of a session that an earlier run of the broker knew, from the command that loads it', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.osap(TPM_KH.SRK, TPM_ET.SRK)));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    const next = await VirtualTpm12.start((bytes) => tpm.answer(bytes), { previous: virtualizer.snapshot() });
    const aliceAgain = next.client(ALICE.userKey);
    const again = handleIn(await aliceAgain.send(command.loadContext(blob, TPM_KH.SRK)));
    await next.run(() => next.virtualizer.suspend());
    assert.equal(await aliceAgain.code(command.saveContext(again, TPM_RT.AUTH)), 0);
    assert.equal(readUint32(tpm.lastCommand('LoadContext'), 10), TPM_KH.SRK);
  });

  it('load an evicted key or session to save it', async () => {
    const { alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 4; number++) {
      handleIn(await bob.send(command.loadKey2(number)));
      handleIn(await bob.send(command.oiap()));
    }
    const sessionBlob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    const keyBlob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    assert.equal(await alice.code(command.loadContext(keyBlob, 0)), 0);
    assert.equal(await alice.code(command.loadContext(sessionBlob, key)), 0);
  });

  it('load a session with the key that it is bound to, which must be the context’s own', async () => {
    const { tpm, alice, bob, aliceToo } = await modelBroker();
    handleIn(await bob.send(command.loadKey2(9)));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    const bobs = [...tpm.keys].find(([, { identity }]) => identity === 9)?.[0] ?? 0;
    handleIn(await aliceToo.send(command.loadKey2(3)));
    assert.equal(
      await aliceToo.code(command.loadContext(blob, bobs + 50)),
      TPM_RESULT.RESOURCEMISSING,
      'the TPM knows no such key',
    );
    assert.equal(await alice.code(command.loadContext(blob, 2)), bobs === 2 ? TPM_RESULT.INVALID_KEYHANDLE : 0);
  });

  it('never use the handle of another context’s key as the entity of a session', async () => {
    const { tpm, alice, bob } = await modelBroker();
    const bobs = handleIn(await bob.send(command.loadKey2(9)));
    handleIn(await bob.send(command.loadKey2(8)));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.osap(key))), TPM_RT.AUTH)),
    );
    assert.ok(tpm.keys.has(bobs) && bobs !== key, 'the TPM knows Bob’s key by the handle that Bob sees');
    tpm.takeLog();
    assert.equal(await alice.code(command.loadContext(blob, bobs)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.deepEqual(tpm.takeLog(), [], 'the TPM is not asked');
    assert.equal(await alice.code(command.loadContext(blob, key)), 0, 'and the session is not lost');
  });

  it('send the physical handle of the key that a session is bound to', async () => {
    const { tpm, alice, bob } = await modelBroker();
    handleIn(await bob.send(command.loadKey2(9)));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    for (let number = 0; number < 4; number++) handleIn(await bob.send(command.loadKey2(number)));
    const again = handleIn(await alice.send(command.loadContext(blob, key)));
    assert.equal(again, session);
    const physical = [...tpm.keys].find(([, { identity }]) => identity === 1)?.[0];
    assert.ok(physical !== undefined, 'the key was brought back first');
    assert.equal(readUint32(await alice.send(command.sign(key, again, true)), 6), 0);
  });

  it('load a session that is bound to no key of the broker with the caller’s entity', async () => {
    const { alice } = await modelBroker();
    const session = handleIn(await alice.send(command.osap(TPM_KH.SRK, TPM_ET.SRK)));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    assert.equal(await alice.code(command.loadContext(blob, TPM_KH.SRK)), 0);
  });

  it('refuse to load a session with a handle that is in use, if the caller insists on it', async () => {
    const { alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    assert.equal(handleIn(await alice.send(command.oiap())), session, 'the TPM gives the same handle again');
    assert.equal(await alice.code(command.loadContext(blob, 0, true)), TPM_RESULT.BAD_HANDLE);
    assert.notEqual(handleIn(await alice.send(command.loadContext(blob, 0, false))), session);
  });

  it('obey the quota', async () => {
    const { alice, aliceToo } = await modelBroker({ limits: { keysPerUser: 1 } });
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    assert.equal(await aliceToo.code(command.loadContext(blob, 0)), TPM_RESULT.RESOURCES);
    assert.equal(await aliceToo.code(command.loadKeyContext(blob)), TPM_RESULT.RESOURCES);
  });

  it('make room in the TPM for what they load', async () => {
    const { alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const keyBlob = blobIn(await alice.send(command.saveContext(key, TPM_RT.KEY)));
    const sessionBlob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)),
    );
    for (let number = 0; number < 3; number++) {
      handleIn(await bob.send(command.loadKey2(number)));
      handleIn(await bob.send(command.oiap()));
    }
    assert.equal(await alice.code(command.loadContext(keyBlob, 0)), 0);
    assert.equal(await alice.code(command.loadContext(sessionBlob, 0)), 0);
  });

  it('reject commands of the wrong size, unknown types and unknown handles', async () => {
    const { tpm, alice } = await modelBroker({ tpm: withForeignKey() });
    tpm.takeLog();
    const wrongSizes = [
      command.ordinal(TPM_ORD.SaveContext, new Uint8Array(23)),
      command.ordinal(TPM_ORD.SaveContext, new Uint8Array(25)),
      command.ordinal(TPM_ORD.SaveAuthContext, new Uint8Array(3)),
      command.ordinal(TPM_ORD.SaveAuthContext, new Uint8Array(5)),
      command.ordinal(TPM_ORD.LoadContext, new Uint8Array(8)),
      command.ordinal(TPM_ORD.LoadContext, concat(new Uint8Array(5), uint32(7))),
      command.ordinal(TPM_ORD.LoadAuthContext, new Uint8Array(3)),
      command.ordinal(TPM_ORD.LoadAuthContext, uint32(7)),
    ];
    for (const bytes of wrongSizes) assert.equal(await alice.code(bytes), TPM_RESULT.BAD_PARAM_SIZE);
    assert.equal(await alice.code(command.saveContext(1, TPM_RT.CONTEXT)), TPM_RESULT.INVALID_RESOURCE);
    assert.equal(await alice.code(command.saveContext(1, TPM_RT.KEY)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(await alice.code(command.saveContext(1, TPM_RT.TRANS)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(
      await alice.code(command.saveContext(0x1234, TPM_RT.KEY)),
      TPM_RESULT.OWNER_CONTROL,
      'not the broker’s',
    );
    assert.equal(await alice.code(command.saveContext(0x1234, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await alice.code(command.saveAuthContext(1)), TPM_RESULT.INVALID_AUTHHANDLE);
    for (const bytes of [0, 49])
      assert.equal(await alice.code(command.loadContext(new Uint8Array(bytes), 0)), TPM_RESULT.BADCONTEXT);
    assert.equal(await alice.code(command.loadAuthContext(new Uint8Array())), TPM_RESULT.BADCONTEXT);
    assert.equal(await alice.code(command.loadAuthContext(new Uint8Array(60))), TPM_RESULT.BADCONTEXT);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('pass on the TPM’s error when it cannot save or load', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
    const blob = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.loadContext(blob, 0)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(alice.contextId).savedSessions, 1, 'it can be tried again');
    assert.equal(await alice.code(command.loadContext(blob, 0)), 0);
    const keyBlob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.loadKey2(1))), TPM_RT.KEY)),
    );
    tpm.refuses('LoadContext', TPM_RESULT.BADCONTEXT);
    assert.equal(await alice.code(command.loadContext(keyBlob, 0)), TPM_RESULT.BADCONTEXT);
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
  });

  it('are undone if their caller has cancelled a load', async () => {
    const { virtualizer, alice } = await modelBroker();
    const keyBlob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.loadKey2(1))), TPM_RT.KEY)),
    );
    const load = command.loadContext(keyBlob, 0);
    await alice.discard(load, await alice.send(load));
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
    const sessionBlob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.oiap())))));
    const loadAuth = command.loadAuthContext(sessionBlob);
    await alice.discard(loadAuth, await alice.send(loadAuth));
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
  });
});

/** Loads a key for which the context has another handle than the TPM. */
async function keyUnderAnotherHandle(client: VirtualClient, other: VirtualClient): Promise<number> {
  const first = handleIn(await client.send(command.loadKey2(1)));
  for (let number = 0; number < 2; number++) handleIn(await other.send(command.loadKey2(10 + number)));
  const evicting = handleIn(await other.send(command.loadKey2(12)));
  assert.equal(evicting, first, 'the TPM gives the handle of the evicted key again');
  assert.equal(await other.code(command.flush(evicting, TPM_RT.KEY)), 0);
  const key = handleIn(await client.send(command.loadKey2(2)));
  assert.notEqual(key, first);
  return key;
}

function withForeignKey(): ModelTpm12 {
  const tpm = new ModelTpm12();
  tpm.keys.set(0x1234, { identity: 99 });
  return tpm;
}

describe('the context commands of TPM 1.1', () => {
  it('save and load a session for its user', async () => {
    const { alice, bob, aliceToo } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const blob = blobIn(await alice.send(command.saveAuthContext(session)));
    assert.equal(await bob.code(command.loadAuthContext(blob)), TPM_RESULT.BADCONTEXT);
    const again = handleIn(await aliceToo.send(command.loadAuthContext(blob)));
    assert.equal(await aliceToo.code(command.sign(handleIn(await aliceToo.send(command.loadKey2(1))), again, true)), 0);
    assert.equal(await aliceToo.code(command.loadAuthContext(blob)), TPM_RESULT.BADCONTEXT);
  });

  it('load a session whose blob has another form, which only its user can', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const blob = new Uint8Array(20).fill(7);
    tpm.responds('SaveAuthContext', sized(blob));
    assert.deepEqual(blobIn(await alice.send(command.saveAuthContext(session))), blob);
    assert.equal(await bob.code(command.loadAuthContext(blob)), TPM_RESULT.BADCONTEXT);
    tpm.responds('LoadAuthContext', uint32(3));
    assert.equal(handleIn(await alice.send(command.loadAuthContext(blob))), session, 'with its old handle');
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 0, loadedSessions: 1, savedSessions: 0 });
  });

  it('load the key that a session is bound to first', async () => {
    const { broker, virtualizer, alice, aliceToo, tpm } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.osap(key))))));
    await broker.run(() => virtualizer.suspend());
    tpm.takeLog();
    await aliceToo.send(command.loadAuthContext(blob));
    assert.deepEqual(tpm.takeLog(), ['LoadContext', 'GetCapability', 'LoadAuthContext']);
  });

  it('leave it to the TPM to reject a session whose key was flushed', async () => {
    const { alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.osap(key))))));
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.equal(await alice.code(command.loadAuthContext(blob)), TPM_RESULT.RESOURCEMISSING);
  });

  it('load a key that the context knows by another handle', async () => {
    const { alice, bob } = await modelBroker();
    const blob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.loadKey2(5))), TPM_RT.KEY)),
    );
    handleIn(await bob.send(command.loadKey2(1)));
    const copy = handleIn(await bob.send(command.loadKeyContext(blob)));
    assert.equal(
      readUint32(await bob.send(command.sign(copy, handleIn(await bob.send(command.oiap())), false)), 10),
      5,
    );
  });
});
