import assert from 'node:assert/strict';
import { sized, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { blobIn, handleIn, inTurn, modelBroker } from '../../../support/virtual-tpm12.js';

describe('swapping of TPM 1.2 keys and sessions', () => {
  it('saves a key once, however often it is evicted', async () => {
    const { tpm, alice } = await modelBroker();
    const keys = await inTurn(4, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    for (let round = 0; round < 3; round++) {
      for (const key of keys)
        assert.equal(await alice.code(command.sign(key, handleIn(await alice.send(command.oiap())), false)), 0);
    }
    const saves = tpm.received.filter((ordinal) => ordinal === TPM_ORD.SaveContext);
    assert.equal(saves.length, 4);
  });

  it('evicts the least recently used key first', async () => {
    const { virtualizer, alice } = await modelBroker();
    const keys = await inTurn(3, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    assert.equal(
      await alice.code(command.sign(keys[0] as number, handleIn(await alice.send(command.oiap())), false)),
      0,
    );
    handleIn(await alice.send(command.loadKey2(9)));
    const away = virtualizer.resources().filter((resource) => resource.kind === 'key' && !resource.resident);
    assert.deepEqual(
      away.map((resource) => resource.virtualHandle),
      [keys[1]],
    );
  });

  it('saves the sessions that are bound to a key before evicting it, and loads them with it again', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 2; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    tpm.takeLog();
    handleIn(await bob.send(command.loadKey2(12)));
    assert.deepEqual(tpm.takeLog(), [
      'GetCapability',
      'SaveContext',
      'SaveContext',
      'FlushSpecific',
      'GetCapability',
      'LoadKey2',
    ]);
    assert.deepEqual(
      virtualizer.resources().flatMap(({ contextId, resident }) => (contextId === alice.contextId ? [resident] : [])),
      [false, false],
    );
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
  });

  it('also saves the sessions of other copies of a key, which its flush would end', async () => {
    const { virtualizer, alice, bob, aliceToo } = await modelBroker();
    const [alices, bobs, others] = [
      handleIn(await alice.send(command.loadKey2(1))),
      handleIn(await bob.send(command.loadKey2(1))),
      handleIn(await aliceToo.send(command.loadKey2(2))),
    ];
    const session = handleIn(await bob.send(command.osap(bobs)));
    const unrelated = handleIn(await aliceToo.send(command.osap(others)));
    assert.equal(await alice.code(command.flush(alices, TPM_RT.KEY)), 0);
    const resident = new Map(
      virtualizer.resources().map(({ contextId, kind, resident: is }) => [`${contextId}${kind}`, is]),
    );
    assert.equal(resident.get('2authSession'), false);
    assert.equal(resident.get('3authSession'), true, 'of another key');
    assert.equal(await bob.code(command.sign(bobs, session, true)), 0);
    assert.equal(await aliceToo.code(command.sign(others, unrelated, true)), 0);
  });

  it('treats keys whose public part it does not know as copies', async () => {
    const { virtualizer, alice, bob, aliceToo } = await modelBroker();
    const blob = (
      await alice.send(command.saveContext(handleIn(await alice.send(command.loadKey2(1))), TPM_RT.KEY))
    ).slice(14);
    const copy = handleIn(await bob.send(command.loadContext(blob, 0)));
    handleIn(await bob.send(command.osap(copy)));
    const other = handleIn(await aliceToo.send(command.loadKey2(7)));
    assert.equal(await aliceToo.code(command.flush(other, TPM_RT.KEY)), 0);
    const session = virtualizer.resources().find(({ kind }) => kind === 'authSession');
    assert.equal(session?.resident, false, 'saved to be safe');
  });

  it('evicts another key if the TPM rejects saving one, but none that the command needs', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const keys = await inTurn(3, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    tpm.refuses('SaveContext', TPM_RESULT.OWNER_CONTROL);
    handleIn(await alice.send(command.loadKey2(9)));
    const away = virtualizer.resources().filter(({ kind, resident }) => kind === 'key' && !resident);
    assert.deepEqual(
      away.map(({ virtualHandle }) => virtualHandle),
      [keys[1]],
      'the first is the owner’s, and stays',
    );
    assert.equal(await alice.code(command.flush(keys[0] as number, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
  });

  it('forgets a key that turns out to be lost when it is saved, and does not evict one that cannot be saved', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const keys = await inTurn(3, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    tpm.refuses('SaveContext', TPM_RESULT.BAD_HANDLE);
    tpm.keys.delete(1);
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    tpm.refuses('LoadKey2', TPM_RESULT.NOSPACE);
    assert.equal(handleIn(await alice.send(command.loadKey2(9))), keys[0], 'its handle is free again');
    assert.equal(virtualizer.counts(alice.contextId).transient, 3);
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.loadKey2(10)), TPM_RESULT.RESOURCES);
  });

  it('gives up a session that the TPM cannot save, and uses its slot', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    for (let number = 0; number < 3; number++) handleIn(await alice.send(command.oiap()));
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(await bob.code(command.oiap()), 0);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 2);
    assert.equal(tpm.authSessions.size, 3);
  });

  it('forgets what can never be loaded again, and retries the rest', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    const session = async () => handleIn(await alice.send(command.oiap()));
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.sign(key, await session(), true)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
    for (const lost of [
      'BADCONTEXT',
      'RESOURCEMISSING',
      'INVALID_RESOURCE',
      'BAD_HANDLE',
      'INVALID_KEYHANDLE',
    ] as const) {
      const all = await modelBroker();
      const gone = handleIn(await all.alice.send(command.loadKey2(1)));
      for (let number = 0; number < 3; number++) handleIn(await all.bob.send(command.loadKey2(10 + number)));
      all.tpm.refuses('LoadContext', TPM_RESULT[lost]);
      assert.equal(
        await all.alice.code(command.sign(gone, handleIn(await all.alice.send(command.oiap())), true)),
        TPM_RESULT.INVALID_KEYHANDLE,
      );
      assert.equal(all.virtualizer.counts(alice.contextId).transient, 0, lost);
    }
  });

  it('ends a session whose key is lost, but not one whose key cannot be loaded now', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(await alice.code(command.terminate(99)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await alice.code(command.sign(key, session, true)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(alice.contextId).transient, 1);
    const other = handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(20 + number)));
    tpm.refuses('LoadContext', TPM_RESULT.BADCONTEXT);
    assert.equal(await alice.code(command.sign(key, other, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.deepEqual(virtualizer.counts(alice.contextId).transient, 0);
  });

  it('flushes a session that is saved outside the TPM, with the TPM’s record of it', async () => {
    const { tpm, alice } = await modelBroker();
    const sessions = await inTurn(4, async () => handleIn(await alice.send(command.oiap())));
    assert.equal(tpm.savedSessions.size, 1);
    assert.equal(await alice.code(command.flush(sessions[0] as number, TPM_RT.AUTH)), 0);
    assert.deepEqual([tpm.savedSessions.size, tpm.authSessions.size], [0, 3]);
  });

  it('flushes a key that is saved outside the TPM together with its saved sessions', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    tpm.takeLog();
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.deepEqual(tpm.takeLog(), ['FlushSpecific'], 'the saved session; the key is only a blob');
    assert.deepEqual([tpm.savedSessions.size, virtualizer.counts(alice.contextId).loadedSessions], [0, 0]);
  });

  it('makes room among transport sessions if there are no authorization sessions, as in one pool', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    handleIn(await alice.send(command.transport()));
    tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    assert.equal(await alice.code(command.oiap()), 0);
    const transport = virtualizer.resources().find(({ kind }) => kind === 'transportSession');
    assert.equal(transport?.resident, false);
  });

  it('assumes room if the TPM does not report it, and gives up on a TPM that never has any', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(await alice.code(command.loadKey2(2)), 0);
    const none = await modelBroker({ tpm: new ModelTpm12({ keys: 0, sessions: 3, savedSessions: 16 }) });
    assert.equal(await none.alice.code(command.loadKey2(1)), TPM_RESULT.RESOURCES);
    assert.ok(key > 0);
  });

  it('loads two keys and two sessions that one command needs, which the TPM just holds', async () => {
    const tpm = new ModelTpm12({ keys: 2, sessions: 2, savedSessions: 16 });
    const { virtualizer, alice, bob } = await modelBroker({ tpm });
    const [first, second] = [
      handleIn(await alice.send(command.loadKey2(1))),
      handleIn(await alice.send(command.loadKey2(2))),
    ];
    const [one, two] = [handleIn(await alice.send(command.osap(first))), handleIn(await alice.send(command.oiap()))];
    for (let number = 0; number < 2; number++) {
      handleIn(await bob.send(command.loadKey2(10 + number)));
      handleIn(await bob.send(command.oiap()));
    }
    assert.equal(await alice.code(command.certifyKey([first, second], [one, two])), 0);
    const sent = tpm.lastCommand('CertifyKey');
    assert.deepEqual(
      [10, 14].map((offset) => tpm.keys.get(readUint32(sent, offset))?.identity),
      [1, 2],
    );
    const own = virtualizer.resources().filter(({ contextId }) => contextId === alice.contextId);
    assert.ok(own.every(({ resident }) => resident));
  });

  it('does not evict the key of a session that a command needs', async () => {
    const tpm = new ModelTpm12({ keys: 2, sessions: 3, savedSessions: 16 });
    const { alice, bob } = await modelBroker({ tpm });
    const [bound, used] = [
      handleIn(await alice.send(command.loadKey2(1))),
      handleIn(await alice.send(command.loadKey2(2))),
    ];
    const session = handleIn(await alice.send(command.osap(bound)));
    for (let number = 0; number < 2; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    tpm.takeLog();
    assert.equal(
      await alice.code(command.sign(used, session, true)),
      TPM_RESULT.AUTHFAIL,
      'it is bound to another key',
    );
    assert.equal(tpm.takeLog().filter((name) => name === 'FlushSpecific').length, 2, 'Bob’s keys make room');
  });

  it('evicts the least recently used session first, however often keys have been used meanwhile', async () => {
    const { virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const sessions = await inTurn(3, async () => handleIn(await alice.send(command.oiap())));
    for (let use = 0; use < 10; use++) assert.equal(await alice.code(command.getPubKey(key)), 0);
    for (const session of sessions) assert.equal(await alice.code(command.sign(key, session, true)), 0);
    for (let number = 0; number < 2; number++) handleIn(await alice.send(command.oiap()));
    const away = virtualizer.resources().filter(({ resident }) => !resident);
    assert.deepEqual(
      away.map(({ virtualHandle }) => virtualHandle),
      [sessions[0], sessions[1]],
    );
  });

  it('names the entity of a session that is loaded again: its key’s handle in the TPM, or what the caller named', async () => {
    const { tpm, broker, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const entities = [
      { session: handleIn(await alice.send(command.osap(TPM_KH.SRK, TPM_ET.SRK))), entity: () => TPM_KH.SRK },
      { session: handleIn(await alice.send(command.osap(77, TPM_ET.NV))), entity: () => 77 },
      { session: handleIn(await alice.send(command.dsap(5, TPM_ET.DEL_OWNER_BLOB))), entity: () => 5 },
      { session: handleIn(await alice.send(command.oiap())), entity: () => 0 },
      { session: handleIn(await alice.send(command.osap(key))), entity: () => handleOf(tpm, 1) },
      { session: handleIn(await alice.send(command.dsap(key))), entity: () => handleOf(tpm, 1) },
    ];
    const transport = handleIn(await alice.send(command.transport()));
    await broker.run(() => virtualizer.suspend());
    assert.equal(await alice.code(command.saveContext(transport, TPM_RT.TRANS)), 0);
    assert.equal(readUint32(tpm.lastCommand('LoadContext'), 10), 0, 'it is bound to nothing');
    for (const { session, entity } of entities) {
      await broker.run(() => virtualizer.suspend());
      handleIn(await bob.send(command.loadKey2(9)));
      assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
      assert.equal(readUint32(tpm.lastCommand('LoadContext'), 10), entity());
    }
  });

  it('keeps a session if its key cannot be loaded now', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    await broker.run(() => virtualizer.suspend());
    tpm.refuses('LoadContext', TPM_RESULT.FAIL, 2);
    tpm.takeLog();
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['LoadContext', 'LoadContext'], 'only the key was tried');
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
  });

  it('ends a session whose key can never be loaded again', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.osap(handleIn(await alice.send(command.loadKey2(1))))));
    await broker.run(() => virtualizer.suspend());
    tpm.refuses('LoadContext', TPM_RESULT.BADCONTEXT);
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 0, loadedSessions: 0, savedSessions: 0 });
  });

  it('forgets an evicted session that can never be loaded again, and retries the rest', async () => {
    const lost = [
      'BADCONTEXT',
      'RESOURCEMISSING',
      'INVALID_RESOURCE',
      'BAD_HANDLE',
      'INVALID_KEYHANDLE',
      'INVALID_AUTHHANDLE',
    ] as const;
    for (const code of [...lost, 'FAIL'] as const) {
      const { tpm, broker, virtualizer, alice } = await modelBroker();
      const session = handleIn(await alice.send(command.oiap()));
      await broker.run(() => virtualizer.suspend());
      tpm.refuses('LoadContext', TPM_RESULT[code]);
      let changes = 0;
      virtualizer.onSnapshotChange = () => changes++;
      const expected = code === 'FAIL' ? TPM_RESULT.FAIL : TPM_RESULT.INVALID_AUTHHANDLE;
      assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), expected, code);
      assert.equal(virtualizer.counts(alice.contextId).loadedSessions, code === 'FAIL' ? 1 : 0, code);
      assert.equal(changes > 0, code !== 'FAIL');
      if (code === 'FAIL') assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0, 'it was kept');
    }
  });

  it('refuses to load a session or key for which there is no room and nothing to evict', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    tpm.takeLog();
    tpm.responds('GetCapability', sized(uint32(0)));
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.RESOURCES);
    assert.deepEqual(tpm.takeLog(), ['GetCapability'], 'a session’s blob is not risked');
    for (const noRoom of ['NOSPACE', 'RESOURCES'] as const) {
      tpm.refuses('LoadContext', TPM_RESULT[noRoom]);
      assert.equal(await alice.code(command.saveContext(key, TPM_RT.KEY)), TPM_RESULT.RESOURCES);
    }
    assert.equal(await alice.code(command.sign(key, session, true)), 0, 'both were kept');
  });

  it('loads a key without asking for room, since its blob can be loaded again', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    tpm.takeLog();
    assert.equal(await alice.code(command.getPubKey(key)), 0);
    assert.deepEqual(tpm.takeLog(), ['LoadContext', 'GetPubKey']);
  });

  it('flushes a session that was evicted and loaded again only from where it is', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
    tpm.takeLog();
    assert.equal(await alice.code(command.flush(session, TPM_RT.AUTH)), 0);
    assert.deepEqual(tpm.takeLog(), ['FlushSpecific']);
    assert.equal(tpm.authSessions.size, 0);
  });

  it('flushes a key and its sessions by one command', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    handleIn(await alice.send(command.osap(key)));
    tpm.takeLog();
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.deepEqual(tpm.takeLog(), ['FlushSpecific']);
    assert.deepEqual([tpm.authSessions.size, virtualizer.resources().length], [0, 0]);
  });

  it('flushes the sessions of a key that the TPM has lost one by one', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    handleIn(await alice.send(command.osap(key)));
    tpm.keys.clear();
    await broker.run(() => virtualizer.resume());
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    assert.deepEqual([tpm.authSessions.size, virtualizer.resources().length], [0, 0]);
  });

  it('keeps the sessions of a permanent key that an administrator removes from the list', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    const session = handleIn(await alice.send(command.osap(key)));
    const owners = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.keyControlOwner(key, owners, true)), 0);
    const { id } = virtualizer.resources().find(({ kind }) => kind === 'key') ?? { id: '' };
    assert.equal(await broker.run(() => virtualizer.removeResource(id)), true);
    tpm.takeLog();
    assert.equal(responseCodeOf(await alice.exchange(command.sign(handleOf(tpm, 1) ?? 0, session, true))), 0);
    assert.deepEqual(tpm.takeLog(), ['Sign'], 'no second copy is loaded');
  });

  it('also saves the sessions of a key if the flushed key’s public part is not known', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    const bobs = handleIn(await bob.send(command.loadKey2(7)));
    handleIn(await bob.send(command.osap(bobs)));
    const blob = blobIn(
      await alice.send(command.saveContext(handleIn(await alice.send(command.loadKey2(1))), TPM_RT.KEY)),
    );
    const copy = handleIn(await alice.send(command.loadContext(blob, 0)));
    assert.equal(await alice.code(command.flush(copy, TPM_RT.KEY)), 0);
    const session = virtualizer.resources().find(({ kind }) => kind === 'authSession');
    assert.equal(session?.resident, false, 'saved to be safe');
  });

  it('does not save the sessions of other copies of a key that is not in the TPM', async () => {
    const { broker, virtualizer, alice, bob } = await modelBroker();
    const away = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    handleIn(await bob.send(command.osap(handleIn(await bob.send(command.loadKey2(1))))));
    assert.equal(await alice.code(command.flush(away, TPM_RT.KEY)), 0);
    assert.ok(virtualizer.resources().every(({ resident }) => resident));
  });

  it('makes room among authorization sessions if there are no transport sessions', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    handleIn(await alice.send(command.oiap()));
    tpm.refuses('EstablishTransport', TPM_RESULT.RESOURCES);
    assert.equal(await alice.code(command.transport()), 0);
    const session = virtualizer.resources().find(({ kind }) => kind === 'authSession');
    assert.equal(session?.resident, false);
  });

  it('gives up a session whose saved form the TPM does not return', async () => {
    for (const parameters of [new Uint8Array(), sized(new Uint8Array(20))]) {
      const { tpm, virtualizer, alice, bob } = await modelBroker();
      for (let number = 0; number < 3; number++) handleIn(await alice.send(command.oiap()));
      tpm.responds('SaveContext', parameters);
      assert.equal(await bob.code(command.oiap()), 0);
      assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 2);
    }
  });

  it('does not evict a key whose saved form the TPM does not return', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    for (let number = 0; number < 3; number++) handleIn(await alice.send(command.loadKey2(number)));
    tpm.responds('SaveContext', new Uint8Array());
    assert.equal(await bob.code(command.loadKey2(9)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.counts(alice.contextId).transient, 3);
    assert.equal(await bob.code(command.loadKey2(9)), 0, 'the next time it can be saved');
  });

  it('never sends the caller’s own handle for a resource that the TPM has loaded without naming its handle', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    tpm.responds('LoadContext', new Uint8Array());
    tpm.takeLog();
    assert.equal(await alice.code(command.getPubKey(key)), TPM_RESULT.FAIL);
    assert.deepEqual(tpm.takeLog(), ['LoadContext']);
  });

  for (const [canBeSaved, expected] of [
    [true, TPM_RESULT.SUCCESS],
    [false, TPM_RESULT.INVALID_AUTHHANDLE],
  ] as const) {
    const outcome = canBeSaved ? 'loads a session again' : 'does not miss a session that is lost';
    it(`${outcome} if room for its command’s key costs another copy of the parent`, async () => {
      const tpm = new ModelTpm12({ keys: 2, sessions: 3, savedSessions: 16 });
      const { broker, virtualizer, alice, bob } = await modelBroker({ tpm });
      const copy = handleIn(await bob.send(command.loadKey2(1)));
      await broker.run(() => virtualizer.suspend());
      assert.equal(await bob.code(command.getPubKey(copy)), 0);
      const parent = handleIn(await alice.send(command.loadKey2(1)));
      const session = handleIn(await alice.send(command.osap(parent)));
      if (!canBeSaved) tpm.refuses('SaveContext', TPM_RESULT.FAIL);
      tpm.takeLog();
      assert.equal(await alice.code(command.loadChild(parent, 2, session)), expected);
      assert.equal(tpm.takeLog().at(-1) === 'LoadKey2', canBeSaved);
      assert.equal(virtualizer.counts(alice.contextId).loadedSessions, canBeSaved ? 1 : 0);
    });
  }

  it('ends soon with a TPM that never has room for anything, and whatever the broker flushes', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    for (let number = 0; number < 4; number++) {
      handleIn(await bob.send(command.loadKey2(10 + number)));
      handleIn(await bob.send(command.oiap()));
    }
    const never = 1000;
    tpm.responds('GetCapability', sized(uint32(0)), never);
    tpm.refuses('SaveContext', TPM_RESULT.NOCONTEXTSPACE, never);
    for (const full of ['LoadContext', 'LoadKey2', 'OIAP', 'EstablishTransport'] as const)
      tpm.refuses(full, TPM_RESULT.RESOURCES, never);
    tpm.takeLog();
    for (const bytes of [
      command.sign(key, session, true),
      command.loadKey2(2),
      command.oiap(),
      command.transport(),
      command.saveContext(session, TPM_RT.AUTH),
    ]) {
      assert.notEqual(await alice.code(bytes), 0);
    }
    assert.ok(tpm.takeLog().length < 100);
    assert.ok(
      virtualizer.resources().every(({ kind }) => kind === 'key'),
      'no session was left to flush',
    );
  });

  it('evicts everything that can be saved before a suspend', async () => {
    const { tpm, broker, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    handleIn(await bob.send(command.transport()));
    await broker.run(() => virtualizer.suspend());
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [0, 0, 0]);
    await broker.run(() => virtualizer.resume());
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
  });

  it('determines after a suspend what the TPM has lost', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    tpm.authSessions.clear();
    tpm.keys.set(0x88, { identity: 8 });
    await broker.run(() => virtualizer.resume());
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
    assert.equal(await alice.code(command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(
      readUint32(await alice.send(command.sign(0x88, handleIn(await alice.send(command.oiap())), true)), 10),
      8,
    );
  });
});

/** Returns the TPM's handle of the key with this identity. */
function handleOf(tpm: ModelTpm12, identity: number): number | undefined {
  return [...tpm.keys].find(([, key]) => key.identity === identity)?.[0];
}
