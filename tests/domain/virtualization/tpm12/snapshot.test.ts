import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { Tpm12Virtualizer } from '../../../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { ALICE, BOB, blobOf, broker, drive } from '../../../support/virtual-tpm12.js';

describe('resources of TPM 1.2 contexts', () => {
  it('can be removed one by one by their id, resident or saved', () => {
    const { virtualizer, tpm, made } = broker();
    for (let index = 0; index < 5; index++) made(1, command.loadKey2(index));
    for (let index = 0; index < 5; index++) made(1, command.oiap());
    for (const { id } of virtualizer.resources()) {
      assert.equal(drive(virtualizer.removeResource(id), tpm), true);
      assert.equal(drive(virtualizer.removeResource(id), tpm), false);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.savedSessions.size], [0, 0, 0]);
  });

  it('are listed with their holders, saved ones without a context', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const transport = made(2, command.transport());
    const saved = made(1, command.oiap());
    assert.equal(code(1, command.saveContext(saved, TPM_RT.AUTH)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ id: _id, ...resource }) => resource),
      [
        { kind: 'key', userKey: 'uid:1000', contextId: 1, virtualHandle: key, resident: true },
        { kind: 'transportSession', userKey: 'uid:1001', contextId: 2, virtualHandle: transport, resident: true },
        { kind: 'savedSession', userKey: 'uid:1000', contextId: null, virtualHandle: saved, resident: false },
      ],
    );
  });

  it('are counted by context, saved sessions by user', () => {
    const { made, code, virtualizer } = broker();
    made(1, command.loadKey2(1));
    made(1, command.oiap());
    assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    assert.deepEqual(virtualizer.counts(1), { transient: 1, loadedSessions: 1, savedSessions: 1 });
    assert.deepEqual(virtualizer.counts(3), { transient: 0, loadedSessions: 0, savedSessions: 1 });
    assert.deepEqual(virtualizer.counts(2), { transient: 0, loadedSessions: 0, savedSessions: 0 });
    assert.deepEqual(virtualizer.counts(99), { transient: 0, loadedSessions: 0, savedSessions: 0 });
  });

  it('that are saved are removed from the TPM by their count, and no others', () => {
    const { made, code, virtualizer, tpm } = broker();
    for (let number = 0; number < 2; number++) {
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    }
    const [first] = virtualizer.resources();
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    assert.equal(drive(virtualizer.removeResource(first?.id ?? ''), tpm), true);
    assert.ok(changes > 0);
    assert.deepEqual([...tpm.savedSessions.keys()], [2]);
    assert.equal(drive(virtualizer.removeResource('key-99'), tpm), false);
  });
});

describe('the snapshot of TPM 1.2', () => {
  /** Returns a broker that holds a resource of every kind in the TPM, and its snapshot. */
  function everything() {
    const all = broker();
    const { made, send, tpm, virtualizer } = all;
    const key = made(1, command.loadKey2(1));
    const blob = blobOf(send(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)));
    const transportBlob = blobOf(send(2, command.saveContext(made(2, command.transport()), TPM_RT.TRANS)));
    for (let number = 0; number < 4; number++) made(1, command.oiap());
    made(1, command.transport());
    send(1, command.daa('DAA_JOIN', 0, 0));
    return { ...all, key, blob, transportBlob, tpm, previous: JSON.parse(JSON.stringify(virtualizer.snapshot())) };
  }

  it('lets the next run flush leftover resources, and return saved sessions to their users', () => {
    const { tpm, previous, blob, transportBlob } = everything();
    const next = new Tpm12Virtualizer();
    drive(next.start(previous), tpm);
    assert.deepEqual(
      [tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size, tpm.daaSessions.size, tpm.savedSessions.size],
      [0, 0, 0, 0, 2],
    );
    next.openContext(1, ALICE);
    next.openContext(2, BOB);
    const code = (contextId: number, bytes: Uint8Array) => readUint32(drive(next.execute(contextId, bytes), tpm), 6);
    assert.equal(code(2, command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'another user’s');
    assert.equal(code(1, command.loadContext(blob, 0)), 0);
    assert.equal(code(2, command.loadContext(transportBlob, 0)), 0);
    assert.deepEqual(
      next.resources().map(({ kind }) => kind),
      ['authSession', 'transportSession'],
    );
  });

  it('has no effect for what the TPM no longer has, and flushes nothing of others', () => {
    const { previous } = everything();
    const other = new ModelTpm12();
    other.keys.set(0x77, { identity: 7 });
    const next = new Tpm12Virtualizer();
    drive(next.start(previous), other);
    assert.deepEqual(next.resources(), []);
    assert.deepEqual([...other.keys.keys()], [0x77]);
    assert.ok(!other.takeLog().includes('FlushSpecific'));
  });

  it('omits a key that exists only as a blob, and names a saved session by its context count', () => {
    const { made, virtualizer } = broker();
    for (let number = 0; number < 4; number++) made(1, command.loadKey2(number));
    for (let number = 0; number < 4; number++) made(1, command.oiap());
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

  it('restores saved sessions in the order in which they were saved, and ignores records that are no blobs', () => {
    const { made, send, tpm, virtualizer } = broker();
    for (let number = 0; number < 3; number++) send(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH));
    const { savedSessions } = virtualizer.snapshot();
    assert.deepEqual(
      savedSessions.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
    const next = new Tpm12Virtualizer();
    const broken = { ...(savedSessions[0] as (typeof savedSessions)[0]), callerBlob: 'AAAA' };
    drive(next.start({ savedSessions: [...savedSessions].reverse().concat(broken), ownedHandles: [] }), tpm);
    assert.deepEqual(
      next.snapshot().savedSessions.map(({ callerBlob }) => callerBlob),
      savedSessions.map(({ callerBlob }) => callerBlob),
    );
  });
});
