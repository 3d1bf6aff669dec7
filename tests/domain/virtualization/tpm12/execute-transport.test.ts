import assert from 'node:assert/strict';
import { concat, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
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
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import { handleIn, handlesIn, listOf, modelBroker, property } from '../../../support/virtual-tpm12.js';

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
