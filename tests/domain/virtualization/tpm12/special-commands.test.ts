import assert from 'node:assert/strict';
import { concat, uint16, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, writeUint16, writeUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import {
  TPM_CAP,
  TPM_CAP_PROP,
  TPM_ORD,
  TPM_RESULT,
  TPM_RT,
  TPM_TAG,
  TPM_TRANSPORT,
} from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { REFUSED_INSIDE_TRANSPORT } from '../../../../ts-core/domain/tpm12/transport.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import { ALICE, handleIn, handlesIn, listOf, modelBroker, property } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 special commands', () => {
  it('TPM_Startup, TPM_Init and the ChangeAuthAsym commands are refused without asking the TPM', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.Startup, uint16(1))), TPM_RESULT.INVALID_POSTINIT);
    for (const ordinal of ['Init', 'ChangeAuthAsymStart', 'ChangeAuthAsymFinish'] as const) {
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), TPM_RESULT.BAD_ORDINAL);
    }
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('TPM_FlushSpecific, TPM_EvictKey and TPM_Terminate_Handle flush keys and sessions of the context only', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const flushes: ((contextId: number) => [Uint8Array, Uint8Array])[] = [
      () => [command.loadKey2(1), command.flush(1, TPM_RT.KEY)],
      () => [command.oiap(), command.flush(1, TPM_RT.AUTH)],
      () => [command.transport(), command.flush(1, TPM_RT.TRANS)],
      () => [command.loadKey2(1), command.evictKey(1)],
      () => [command.oiap(), command.terminate(1)],
    ];
    for (const [index, flush] of flushes.entries()) {
      const [create, end] = flush(1);
      assert.equal(handleIn(await alice.send(create)), 1);
      const unknown = index === 0 || index === 3 ? TPM_RESULT.INVALID_KEYHANDLE : TPM_RESULT.INVALID_AUTHHANDLE;
      assert.equal(await bob.code(end), unknown);
      assert.equal(await alice.code(end), 0);
      assert.equal(await alice.code(end), unknown);
      assert.deepEqual(virtualizer.resources(), []);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [0, 0, 0]);
  });

  it('a flush with the wrong size or an unknown type is rejected', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    for (const ordinal of ['FlushSpecific', 'EvictKey', 'Terminate_Handle'] as const) {
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal], new Uint8Array(3))), TPM_RESULT.BAD_PARAM_SIZE);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal], new Uint8Array(12))), TPM_RESULT.BAD_PARAM_SIZE);
    }
    assert.equal(await alice.code(command.flush(1, 0x77)), TPM_RESULT.INVALID_RESOURCE);
    assert.equal(await alice.code(command.flush(1, TPM_RT.DAA_TPM)), TPM_RESULT.BAD_HANDLE);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('TPM_Reset ends all authorization sessions of the context, and nothing else', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    for (const create of [command.oiap(), command.oiap(), command.transport(), command.loadKey2(1)])
      handleIn(await alice.send(create));
    handleIn(await bob.send(command.oiap()));
    assert.equal(await alice.code(command.ordinal(TPM_ORD.Reset)), 0);
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 1, loadedSessions: 1, savedSessions: 0 });
    assert.equal(virtualizer.counts(bob.contextId).loadedSessions, 1);
  });

  it('TPM_KeyControlOwner makes a key permanent for all contexts, and returns it', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const control = async (stays: boolean) =>
      command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), stays);
    assert.equal(await alice.code(await control(true)), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    for (let number = 0; number < 4; number++) handleIn(await bob.send(command.loadKey2(number)));
    assert.ok(
      virtualizer
        .resources()
        .some(({ kind, contextId, resident }) => kind === 'key' && contextId === alice.contextId && resident),
    );
    assert.ok(handlesIn(await bob.send(listOf(TPM_RT.KEY))).includes(1), 'everybody sees it');
    assert.ok(
      !virtualizer.snapshot().ownedHandles.includes(TPM_RT.KEY * 2 ** 32 + 1),
      'it is not the broker’s to flush',
    );
    assert.equal(await alice.code(await control(false)), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    await bob.close();
    assert.equal(tpm.keys.size, 0);
  });

  it('a permanent key stays in the TPM when its context closes', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    assert.equal(await alice.code(command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true)), 0);
    await alice.close();
    assert.equal(tpm.keys.size, 1);
  });

  it('a key that the owner has released, and no context holds, is managed by the broker again', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x99, { identity: 9 });
    const { alice } = await modelBroker({ tpm });
    assert.equal(await alice.code(command.keyControlOwner(0x99, handleIn(await alice.send(command.oiap())), false)), 0);
    await alice.close();
    assert.equal(tpm.keys.size, 0, 'it is the context’s now');
  });

  it('TPM_KeyControlOwner changes nothing if it fails or sets another bit', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    tpm.refuses('KeyControlOwner', TPM_RESULT.AUTHFAIL);
    assert.equal(
      await alice.code(command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.AUTHFAIL,
    );
    const other = command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true);
    writeUint32(other, other.length - 45 - 5, 2);
    assert.equal(await alice.code(other), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
  });

  it('the SHA-1 thread belongs to the context that started it', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const { SHA1Start, SHA1Update, SHA1Complete, SHA1CompleteExtend } = TPM_ORD;
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    tpm.takeLog();
    for (const ordinal of [SHA1Update, SHA1Complete, SHA1CompleteExtend]) {
      assert.equal(await bob.code(command.ordinal(ordinal)), TPM_RESULT.SHA_THREAD);
    }
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), 0);
    assert.equal(await alice.code(command.ordinal(SHA1Complete)), 0);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    await alice.close();
    virtualizer.openContext(1, ALICE);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    virtualizer.tpmWasReset();
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
  });

  it('DAA sessions belong to the context that started them, until their last stage', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.DAA_JOIN, new Uint8Array(4))), TPM_RESULT.BAD_PARAM_SIZE);
    const handle = readUint32(await alice.send(command.daa('DAA_JOIN', 0, 0)), 14);
    tpm.takeLog();
    assert.equal(await bob.code(command.daa('DAA_JOIN', handle, 1)), TPM_RESULT.BAD_HANDLE);
    assert.equal(await bob.code(command.daa('DAA_SIGN', handle, 1)), TPM_RESULT.BAD_HANDLE);
    assert.equal(await bob.code(command.flush(handle, TPM_RT.DAA_TPM)), TPM_RESULT.BAD_HANDLE);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 1)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ kind, virtualHandle, contextId }) => [kind, virtualHandle, contextId]),
      [['authSession', handle, 1]],
    );
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 24)), 0);
    assert.deepEqual(virtualizer.resources(), []);
  });

  it('a DAA session is flushed with its context, by its handle, and when an administrator removes it', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const begin = async () => readUint32(await alice.send(command.daa('DAA_SIGN', 0, 0)), 14);
    assert.equal(await alice.code(command.flush(await begin(), TPM_RT.DAA_TPM)), 0);
    await begin();
    const [session] = virtualizer.resources();
    assert.equal(await broker.run(() => virtualizer.removeResource(session?.id ?? '')), true);
    await begin();
    await alice.close();
    assert.deepEqual([tpm.daaSessions.size, virtualizer.resources().length], [0, 0]);
  });

  it('DAA sessions that a TPM does not list are kept, but not one that it did not start', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    tpm.listsHandles = false;
    const handle = readUint32(await alice.send(command.daa('DAA_JOIN', 0, 0)), 14);
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 1)), 0);
    tpm.refuses('DAA_JOIN', TPM_RESULT.RESOURCES);
    assert.equal(await alice.code(command.daa('DAA_JOIN', 0, 0)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.resources().length, 1);
  });

  it('a clear by the owner or by physical presence clears everything', async () => {
    for (const ordinal of ['OwnerClear', 'ForceClear', 'RevokeTrust'] as const) {
      const { tpm, virtualizer, alice, bob } = await modelBroker();
      for (const create of [command.oiap(), command.loadKey2(1), command.transport()]) handleIn(await bob.send(create));
      assert.equal(await bob.code(command.saveContext(handleIn(await bob.send(command.oiap())), TPM_RT.AUTH)), 0);
      tpm.refuses(ordinal, TPM_RESULT.DISABLED_CMD);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), TPM_RESULT.DISABLED_CMD);
      assert.equal(virtualizer.resources().length, 4);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), 0);
      assert.deepEqual(virtualizer.resources(), []);
    }
  });

  it('a session is unknown even if an unmanaged key has its handle', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x1234, { identity: 99 });
    const { alice } = await modelBroker({ tpm });
    assert.equal(await alice.code(command.flush(0x1234, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await alice.code(command.flush(0x1234, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    assert.equal(await alice.code(command.flush(0x1235, TPM_RT.KEY)), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('a key that no context holds stays with nobody when its owner makes it permanent', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x99, { identity: 9 });
    const { virtualizer, alice } = await modelBroker({ tpm });
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.keyControlOwner(0x99, session, true)), 0);
    assert.equal(virtualizer.counts(alice.contextId).transient, 0);
    await alice.close();
    assert.ok(tpm.keys.has(0x99));
  });

  it('TPM_DAA_Join may be as short as its handle and stage', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    tpm.refuses('DAA_JOIN', TPM_RESULT.DAA_STAGE);
    assert.equal(await alice.code(command.ordinal(TPM_ORD.DAA_JOIN, new Uint8Array(5))), TPM_RESULT.DAA_STAGE);
    assert.equal(tpm.takeLog()[0], 'DAA_JOIN');
  });
});

const GET_RANDOM = command12(TPM_ORD.GetRandom, uint32(8));

/** Sets up Alice with a transport session, a key and a session. */
async function withTransport(attributes = 0, limits = {}) {
  const all = await modelBroker({ limits });
  const transport = handleIn(await all.alice.send(command.transport(attributes)));
  const inside = (client: VirtualClient, inner: Uint8Array, continues = true) =>
    client.send(command.executeTransport(transport, inner, continues));
  /** Returns the wrapped response, or the code of the outer response. */
  const inner = async (client: VirtualClient, bytes: Uint8Array) => {
    const response = await inside(client, bytes);
    const code = readUint32(response, 6);
    return code === 0 ? response.subarray(26, 26 + readUint32(response, 22)) : code;
  };
  return { ...all, transport, inside, inner };
}

describe('TPM_ExecuteTransport of a context', () => {
  it('translates the handles of the embedded command, and the handle of what it creates', async () => {
    const { inner, virtualizer, tpm, alice, bob } = await withTransport();
    handleIn(await bob.send(command.loadKey2(9)));
    handleIn(await bob.send(command.oiap()));
    const key = (await inner(alice, command.loadKey2(5))) as Uint8Array;
    const session = (await inner(alice, command.oiap())) as Uint8Array;
    const [keyHandle, sessionHandle] = [readUint32(key, 10), readUint32(session, 10)];
    const resources = virtualizer.resources().filter(({ contextId }) => contextId === alice.contextId);
    assert.deepEqual(
      resources.map(({ kind, virtualHandle }) => [kind, virtualHandle]),
      [
        ['authSession', sessionHandle],
        ['transportSession', 1],
        ['key', keyHandle],
      ],
    );
    const signed = (await inner(alice, command.sign(keyHandle, sessionHandle, true))) as Uint8Array;
    assert.equal(readUint32(signed, 10), 5, 'signed with the right key');
    assert.equal(tpm.keys.size, 2);
  });

  it('loads an evicted key and session first, inner and outer ones', async () => {
    const { inner, inside, alice, bob } = await withTransport();
    const session = handleIn(await alice.send(command.oiap()));
    const key = handleIn(await alice.send(command.loadKey2(5)));
    for (let number = 0; number < 4; number++) {
      handleIn(await bob.send(command.loadKey2(number)));
      handleIn(await bob.send(command.oiap()));
      handleIn(await bob.send(command.transport()));
    }
    const signed = (await inner(alice, command.sign(key, session, true))) as Uint8Array;
    assert.equal(readUint32(signed, 10), 5);
    assert.equal(readUint32(await alice.send(command.sign(key, session, true)), 10), 5);
    assert.equal(readUint32(await inside(alice, GET_RANDOM, false), 6), 0);
    assert.equal(await inner(alice, GET_RANDOM), TPM_RESULT.INVALID_AUTHHANDLE, 'its continue flag was clear');
  });

  it('rejects malformed commands, another context’s transport session, and unknown handles inside', async () => {
    const { inner, transport, tpm, alice, bob } = await withTransport();
    const broken = command.executeTransport(transport, GET_RANDOM);
    writeUint32(broken, 10, 11);
    tpm.takeLog();
    assert.equal(await alice.code(broken), TPM_RESULT.BAD_PARAMETER);
    assert.equal(await inner(bob, GET_RANDOM), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await inner(alice, command.sign(77, 88, true)), TPM_RESULT.INVALID_KEYHANDLE);
    const key = handleIn(await alice.send(command.loadKey2(1)));
    assert.equal(await inner(alice, command.sign(key, 88, true)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('refuses embedded commands that the broker cannot follow', async () => {
    const { inner, tpm, alice } = await withTransport();
    tpm.takeLog();
    for (const ordinal of REFUSED_INSIDE_TRANSPORT) {
      assert.equal(
        await inner(alice, command12(ordinal, new Uint8Array(8))),
        TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED,
      );
    }
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('does not list the TPM’s own handles inside, unless the question is encrypted', async () => {
    for (const [attributes, listed] of [
      [0, false],
      [TPM_TRANSPORT.EXCLUSIVE, false],
      [TPM_TRANSPORT.ENCRYPT, true],
    ] as const) {
      const { inner, alice } = await withTransport(attributes);
      const answer = await inner(alice, listOf(TPM_RT.KEY));
      if (listed) assert.ok(answer instanceof Uint8Array);
      else assert.equal(answer, TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED);
      assert.ok((await inner(alice, property(TPM_CAP_PROP.OWNER))) instanceof Uint8Array);
    }
  });

  it('makes room first, except in an exclusive session, which the query would end', async () => {
    for (const [attributes, asked] of [
      [0, 1],
      [TPM_TRANSPORT.EXCLUSIVE, 0],
    ] as const) {
      const { inner, tpm, alice } = await withTransport(attributes);
      tpm.takeLog();
      await inner(alice, command.loadKey2(1));
      assert.equal(tpm.takeLog().filter((name) => name === 'GetCapability').length, asked);
    }
  });

  it('obeys the user’s quota', async () => {
    const { inner, alice } = await withTransport(0, { keysPerUser: 1, sessionsPerUser: 2 });
    handleIn(await alice.send(command.loadKey2(1)));
    handleIn(await alice.send(command.oiap()));
    assert.equal(await inner(alice, command.loadKey2(2)), TPM_RESULT.RESOURCES);
    assert.equal(await inner(alice, command.oiap()), TPM_RESULT.RESOURCES);
  });

  it('keeps out another context’s SHA-1 thread', async () => {
    const { inner, alice, bob } = await withTransport();
    const bobs = handleIn(await bob.send(command.transport()));
    assert.ok((await inner(alice, command12(TPM_ORD.SHA1Start))) instanceof Uint8Array);
    assert.equal(await bob.code(command.ordinal(TPM_ORD.SHA1Update)), TPM_RESULT.SHA_THREAD);
    const update = command.executeTransport(bobs, command12(TPM_ORD.SHA1Update));
    assert.equal(await bob.code(update), TPM_RESULT.SHA_THREAD);
    assert.ok((await inner(alice, command12(TPM_ORD.SHA1Complete))) instanceof Uint8Array);
    assert.equal(await inner(alice, command12(TPM_ORD.SHA1Update)), TPM_RESULT.SHA_THREAD, 'it has ended');
  });

  it('ends the inner session of a command that failed inside, and notices sessions that have ended', async () => {
    const { inner, virtualizer, alice } = await withTransport();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    const failed = (await inner(alice, command.sign(key, session, true, true))) as Uint8Array;
    assert.equal(readUint32(failed, 6), TPM_RESULT.AUTHFAIL);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1, 'the transport session is left');
    handleIn(await alice.send(command.osap(key)));
    assert.ok((await inner(alice, command12(TPM_ORD.Delegate_Manage, new Uint8Array(12)))) instanceof Uint8Array);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
  });

  it('passes on the TPM’s error if the transport itself fails', async () => {
    const { transport, tpm, virtualizer, alice } = await withTransport();
    tpm.refuses('ExecuteTransport', TPM_RESULT.AUTHFAIL);
    tpm.transportSessions.clear();
    assert.equal(await alice.code(command.executeTransport(transport, command.oiap())), TPM_RESULT.AUTHFAIL);
    assert.deepEqual(virtualizer.resources(), []);
  });

  it('notices keys that the owner made permanent inside', async () => {
    const { inner, tpm, alice, bob } = await withTransport();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.keys.set(0x99, { identity: 9 });
    assert.ok((await inner(alice, command.keyControlOwner(key, session, true))) instanceof Uint8Array);
    const listed = handlesIn(await bob.send(listOf(TPM_RT.KEY)));
    assert.ok(listed.includes(0x99));
  });

  it('ends with TPM_ReleaseTransportSigned', async () => {
    const { transport, virtualizer, tpm, alice } = await withTransport();
    assert.equal(await alice.code(command.releaseTransport(transport)), 0);
    assert.deepEqual([virtualizer.resources().length, tpm.transportSessions.size], [0, 0]);
    assert.equal(await alice.code(command.releaseTransport(transport)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('is undone if its caller has cancelled it: what was created inside is flushed', async () => {
    const { tpm, transport, alice } = await withTransport();
    const bytes = command.executeTransport(transport, command.loadKey2(3));
    await alice.discard(bytes, await alice.send(bytes));
    assert.deepEqual([tpm.keys.size, tpm.transportSessions.size], [0, 1]);
  });

  it('translates the embedded handles in a copy', async () => {
    const { transport, tpm, alice, bob } = await withTransport();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.transport()));
    const bytes = command.executeTransport(transport, command.getPubKey(key));
    const before = bytes.slice();
    assert.equal(await alice.code(bytes), 0);
    assert.deepEqual(bytes, before);
    const sent = tpm.lastCommand('ExecuteTransport');
    assert.notDeepEqual(sent, before);
    assert.equal(tpm.keys.get(readUint32(sent, 24))?.identity, 5);
    assert.ok(tpm.transportSessions.has(readUint32(sent, sent.length - 45)));
  });

  it('refuses a list of handles inside, by its old name too, but no command that only looks like one', async () => {
    const { inner, alice } = await withTransport();
    const parameters = concat(uint32(TPM_CAP.KEY_HANDLE), uint32(0));
    assert.equal(
      await inner(alice, command.ordinal(TPM_ORD.GetCapability, parameters)),
      TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED,
    );
    assert.ok((await inner(alice, command.ordinal(TPM_ORD.StirRandom, parameters))) instanceof Uint8Array);
    const malformed = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.KEY_HANDLE), uint32(1)));
    assert.ok((await inner(alice, malformed)) instanceof Uint8Array, 'the TPM rejects it');
  });

  it('leaves it to the TPM to reject a command without the authorization of its session', async () => {
    const { transport, tpm, alice } = await withTransport();
    const bytes = command.executeTransport(transport, GET_RANDOM);
    writeUint16(bytes, 0, TPM_TAG.RQU_COMMAND);
    tpm.refuses('ExecuteTransport', TPM_RESULT.BADTAG);
    assert.equal(await alice.code(bytes), TPM_RESULT.BADTAG);
  });

  it('makes a key that was loaded in an encrypted session a possible copy of every other', async () => {
    for (const attributes of [0, TPM_TRANSPORT.ENCRYPT]) {
      const { inner, virtualizer, alice, bob } = await withTransport(attributes);
      handleIn(await bob.send(command.osap(handleIn(await bob.send(command.loadKey2(9))))));
      const key = readUint32((await inner(alice, command.loadKey2(5))) as Uint8Array, 10);
      assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
      const [session] = virtualizer.resources(({ contextId }) => contextId === bob.contextId);
      assert.equal(session?.resident, attributes === 0, 'its public part was not readable');
    }
  });

  it('releases only the transport session, whatever other session authorizes the release', async () => {
    const { transport, virtualizer, tpm, alice } = await withTransport();
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.releaseTransport(transport, session)), 0);
    assert.deepEqual([tpm.authSessions.size, tpm.transportSessions.size], [1, 0]);
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession'],
    );
  });

  it('is not undone if it failed or was malformed', async () => {
    const { tpm, transport, alice } = await withTransport();
    const bytes = command.executeTransport(transport, command.loadKey2(3));
    const response = await alice.send(bytes);
    const broken = bytes.slice();
    writeUint32(broken, 10, 11);
    await alice.discard(broken, response);
    await alice.discard(bytes, refusal(TPM_RESULT.FAIL));
    assert.equal(tpm.keys.size, 1);
  });

  it('knows at once which keys everybody can use after the owner released one inside', async () => {
    const { inner, tpm, alice, bob } = await withTransport();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    const bobs = handleIn(await bob.send(command.oiap()));
    tpm.keys.set(0x99, { identity: 9 });
    assert.ok((await inner(alice, command.keyControlOwner(key, session, true))) instanceof Uint8Array);
    tpm.takeLog();
    assert.equal(await bob.code(command.sign(0x99, bobs, true)), 0);
    assert.deepEqual(tpm.takeLog(), ['Sign']);
  });
});
