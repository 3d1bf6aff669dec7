import assert from 'node:assert/strict';
import { TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { ALICE, BOB, blobIn, handleIn, modelBroker, VirtualTpm12 } from '../../../support/virtual-tpm12.js';

describe('resources of TPM 1.2 contexts', () => {
  it('can be removed one by one by their id, resident or saved', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    for (let index = 0; index < 5; index++) handleIn(await alice.send(command.loadKey2(index)));
    for (let index = 0; index < 5; index++) handleIn(await alice.send(command.oiap()));
    for (const { id } of virtualizer.resources()) {
      assert.equal(await broker.run(() => virtualizer.removeResource(id)), true);
      assert.equal(await broker.run(() => virtualizer.removeResource(id)), false);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.savedSessions.size], [0, 0, 0]);
  });

  it('are listed with their holders, saved ones without a context', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const transport = handleIn(await bob.send(command.transport()));
    const saved = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.saveContext(saved, TPM_RT.AUTH)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ id: _id, ...resource }) => resource),
      [
        { kind: 'key', userKey: 'uid:1000', contextId: 1, virtualHandle: key, resident: true },
        { kind: 'transportSession', userKey: 'uid:1001', contextId: 2, virtualHandle: transport, resident: true },
        { kind: 'savedSession', userKey: 'uid:1000', contextId: null, virtualHandle: saved, resident: false },
      ],
    );
  });

  it('are counted by context, saved sessions by user', async () => {
    const { virtualizer, alice, bob, aliceToo } = await modelBroker();
    handleIn(await alice.send(command.loadKey2(1)));
    handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 1, loadedSessions: 1, savedSessions: 1 });
    assert.deepEqual(virtualizer.counts(aliceToo.contextId), { transient: 0, loadedSessions: 0, savedSessions: 1 });
    assert.deepEqual(virtualizer.counts(bob.contextId), { transient: 0, loadedSessions: 0, savedSessions: 0 });
    assert.deepEqual(virtualizer.counts(99), { transient: 0, loadedSessions: 0, savedSessions: 0 });
  });

  it('that are saved are removed from the TPM by their count, and no others', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    for (let number = 0; number < 2; number++) {
      assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    }
    const [first] = virtualizer.resources();
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    assert.equal(await broker.run(() => virtualizer.removeResource(first?.id ?? '')), true);
    assert.ok(changes > 0);
    assert.deepEqual([...tpm.savedSessions.keys()], [2]);
    assert.equal(await broker.run(() => virtualizer.removeResource('key-99')), false);
  });

  it('are found by their ids alone, which begin with their kind', async () => {
    const { broker, virtualizer, tpm, alice } = await modelBroker();
    for (let number = 0; number < 3; number++) {
      handleIn(await alice.send(command.loadKey2(number)));
      handleIn(await alice.send(command.oiap()));
      await alice.send(command.daa('DAA_JOIN', 0, 0));
    }
    const ids = ['authSession', 'key', 'daa'].flatMap((kind) => [1, 2, 3].map((number) => `${kind}-${number}`));
    assert.deepEqual(
      virtualizer.resources().map(({ id }) => id),
      ids,
    );
    for (const unknown of ['key-99', 'daa-99', '']) {
      assert.equal(await broker.run(() => virtualizer.removeResource(unknown)), false);
    }
    assert.equal(virtualizer.resources().length, 9);
    assert.ok(await broker.run(() => virtualizer.removeResource('daa-2')));
    assert.deepEqual([...tpm.daaSessions.keys()], [1, 3]);
  });

  it('are listed for the wanted holders only, DAA sessions as resident', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    for (const client of [alice, bob]) {
      handleIn(await client.send(command.loadKey2(1)));
      assert.equal(await client.code(command.saveContext(handleIn(await client.send(command.oiap())), TPM_RT.AUTH)), 0);
      await client.send(command.daa('DAA_SIGN', 0, 0));
    }
    const own = virtualizer.resources(({ userKey }) => userKey === BOB.userKey);
    assert.deepEqual(
      own.map(({ kind, contextId, resident }) => [kind, contextId, resident]),
      [
        ['key', bob.contextId, true],
        ['savedSession', null, false],
        ['authSession', bob.contextId, true],
      ],
    );
  });
});

describe('the snapshot of TPM 1.2', () => {
  /** Returns a broker that holds a resource of every kind in the TPM, and its snapshot. */
  async function everything() {
    const all = await modelBroker();
    const { tpm, virtualizer, alice, bob } = all;
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)));
    const transportBlob = blobIn(
      await bob.send(command.saveContext(handleIn(await bob.send(command.transport())), TPM_RT.TRANS)),
    );
    for (let number = 0; number < 4; number++) handleIn(await alice.send(command.oiap()));
    handleIn(await alice.send(command.transport()));
    await alice.send(command.daa('DAA_JOIN', 0, 0));
    return { ...all, key, blob, transportBlob, tpm, previous: JSON.parse(JSON.stringify(virtualizer.snapshot())) };
  }

  it('lets the next run flush leftover resources, and return saved sessions to their users', async () => {
    const { tpm, previous, blob, transportBlob } = await everything();
    const next = await VirtualTpm12.start((bytes) => tpm.answer(bytes), { previous });
    assert.deepEqual(
      [tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size, tpm.daaSessions.size, tpm.savedSessions.size],
      [0, 0, 0, 0, 2],
    );
    const [alice, bob] = [next.client(ALICE.userKey), next.client(BOB.userKey)];
    assert.equal(await bob.code(command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'another user’s');
    assert.equal(await alice.code(command.loadContext(blob, 0)), 0);
    assert.equal(await bob.code(command.loadContext(transportBlob, 0)), 0);
    assert.deepEqual(
      next.virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'transportSession'],
    );
  });

  it('has no effect for what the TPM no longer has, and flushes nothing of others', async () => {
    const { previous } = await everything();
    const other = new ModelTpm12();
    other.keys.set(0x77, { identity: 7 });
    const next = await VirtualTpm12.start((bytes) => other.answer(bytes), { previous });
    assert.deepEqual(next.virtualizer.resources(), []);
    assert.deepEqual([...other.keys.keys()], [0x77]);
    assert.ok(!other.takeLog().includes('FlushSpecific'));
  });

  it('omits a key that exists only as a blob, and names a saved session by its context count', async () => {
    const { virtualizer, alice } = await modelBroker();
    for (let number = 0; number < 4; number++) handleIn(await alice.send(command.loadKey2(number)));
    for (let number = 0; number < 4; number++) handleIn(await alice.send(command.oiap()));
    const { ownedHandles } = virtualizer.snapshot();
    const typed = (type: number, handle: number) => type * 2 ** 32 + handle;
    assert.deepEqual(
      [...ownedHandles].sort((left, right) => left - right),
      [
        ...[1, 2, 3].map((handle) => typed(TPM_RT.KEY, handle)),
        ...[1, 2, 3].map((handle) => typed(TPM_RT.AUTH, handle)),
        typed(TPM_RT.CONTEXT, 1),
      ],
    );
  });

  it('restores saved sessions in the order in which they were saved, and ignores records that are no blobs', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    for (let number = 0; number < 3; number++)
      await alice.send(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH));
    const { savedSessions } = virtualizer.snapshot();
    assert.deepEqual(
      savedSessions.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
    const whole = savedSessions[0] as (typeof savedSessions)[0];
    const broken = [
      { ...whole, callerBlob: 'AAAA' },
      { ...whole, currentBlob: 'AAAA' },
    ];
    const previous = { savedSessions: [...savedSessions].reverse().concat(broken), ownedHandles: [] };
    const next = await VirtualTpm12.start((bytes) => tpm.answer(bytes), { previous });
    assert.deepEqual(
      next.virtualizer.snapshot().savedSessions.map(({ callerBlob }) => callerBlob),
      savedSessions.map(({ callerBlob }) => callerBlob),
    );
  });

  it('has no effect on a TPM that lists no handles', async () => {
    const { tpm, previous } = await everything();
    tpm.listsHandles = false;
    tpm.takeLog();
    const next = await VirtualTpm12.start((bytes) => tpm.answer(bytes), { previous });
    assert.deepEqual(next.virtualizer.resources(), []);
    assert.ok(!tpm.takeLog().includes('FlushSpecific'));
  });

  it('omits a permanent key, and lists everything else in the TPM', async () => {
    const { virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    await alice.send(command.daa('DAA_JOIN', 0, 0));
    assert.equal(await alice.code(command.keyControlOwner(key, session, true)), 0);
    const typed = (type: number, handle: number) => type * 2 ** 32 + handle;
    assert.deepEqual(virtualizer.snapshot().ownedHandles, [typed(TPM_RT.AUTH, session), typed(TPM_RT.DAA_TPM, 1)]);
  });
});
