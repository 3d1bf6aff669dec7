import assert from 'node:assert/strict';
import { TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import {
  DaaSessions,
  Keys,
  Sha1Thread,
  VirtualContext,
} from '../../../../ts-core/domain/virtualization/tpm12/handles.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { ALICE, BOB, handleIn, inTurn, modelBroker } from '../../../support/virtual-tpm12.js';

function withKeys() {
  const alice = new VirtualContext(1, ALICE);
  return { alice, keys: new Keys(new Map([[1, alice]])) };
}

describe('handles of TPM 1.2 contexts', () => {
  it('are separate for each context, and distinct within it', async () => {
    const { alice, bob } = await modelBroker();
    const alices = await inTurn(8, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    const bobs = await inTurn(8, async (index) => handleIn(await bob.send(command.loadKey2(index))));
    assert.equal(new Set(alices).size, 8);
    assert.equal(new Set(bobs).size, 8);
  });

  it('have the TPM’s own value if that is free in the context', async () => {
    const { alice } = await modelBroker();
    assert.equal(handleIn(await alice.send(command.loadKey2(7))), 1);
    assert.equal(handleIn(await alice.send(command.oiap())), 1);
  });

  it('have the next free value above the TPM’s if that is in use in the context', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(number)));
    const keys = await inTurn(5, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    assert.equal(new Set(keys).size, 5);
    assert.ok(
      keys.every((key) => key > 0 && key < 20),
      `${keys}`,
    );
    assert.equal(new Set(virtualizer.resources().map(({ id }) => id)).size, 8);
  });

  it('never name a new key like an unmanaged key, nor by zero', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([2]);
    const names = (physicalHandle: number) => keys.adopt(alice, physicalHandle, {}).virtualHandle;
    assert.deepEqual([names(1), names(1)], [1, 3], 'the unmanaged key 2 stays reachable');
    assert.deepEqual([names(0xffffffff), names(0xffffffff)], [0xffffffff, 4]);
  });

  it('have the wanted value if it is free, but not that of an unmanaged key', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([8]);
    const names = (wanted: number) => keys.adopt(alice, 1, { wanted }).virtualHandle;
    assert.deepEqual([names(7), names(7), names(8)], [7, 9, 10]);
  });

  it('have the TPM’s own value even if an unmanaged key had it', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([2]);
    assert.equal(keys.adopt(alice, 2, {}).virtualHandle, 2, 'no other key in the TPM can have it now');
  });

  it('are separate for keys, authorization sessions and transport sessions, whose values may be equal', async () => {
    const { virtualizer, alice } = await modelBroker();
    assert.deepEqual(
      [
        handleIn(await alice.send(command.loadKey2(1))),
        handleIn(await alice.send(command.oiap())),
        handleIn(await alice.send(command.transport())),
      ],
      [1, 1, 1],
    );
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'transportSession', 'key'],
    );
    assert.equal(await alice.code(command.flush(1, TPM_RT.TRANS)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'key'],
    );
  });

  it('include the reserved key handles, which are the same in every context', async () => {
    const { alice, bob } = await modelBroker();
    assert.equal(
      await alice.code(command.sign(TPM_KH.SRK, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
      'the TPM’s answer',
    );
    assert.equal(await alice.code(command.osap(TPM_KH.SRK, TPM_ET.SRK)), 0);
    assert.equal(await bob.code(command.osap(7)), TPM_RESULT.INVALID_KEYHANDLE);
  });
});

describe('the SHA-1 thread', () => {
  it('belongs to the context that started it until it ends', () => {
    const thread = new Sha1Thread();
    const { SHA1Start, SHA1Update, SHA1Complete, SHA1CompleteExtend, GetRandom } = TPM_ORD;
    assert.ok(!thread.maySend(1, SHA1Update), 'nobody has started one');
    assert.ok(thread.maySend(1, SHA1Start));
    thread.answered(1, SHA1Start, false);
    assert.ok(!thread.maySend(1, SHA1Update));
    thread.answered(1, SHA1Start, true);
    for (const ordinal of [SHA1Update, SHA1Complete, SHA1CompleteExtend]) {
      assert.deepEqual([thread.maySend(1, ordinal), thread.maySend(2, ordinal)], [true, false]);
    }
    assert.ok(thread.maySend(2, SHA1Start) && thread.maySend(2, GetRandom));
    thread.answered(1, SHA1Update, true);
    thread.answered(1, GetRandom, false);
    assert.ok(thread.maySend(1, SHA1Update));
  });

  it('ends with its completion, a failure, a reset, or its context', () => {
    const ends: ((thread: Sha1Thread) => void)[] = [
      (thread) => thread.answered(1, TPM_ORD.SHA1Complete, true),
      (thread) => thread.answered(1, TPM_ORD.SHA1CompleteExtend, true),
      (thread) => thread.answered(1, TPM_ORD.SHA1Update, false),
      (thread) => thread.contextClosed(1),
      (thread) => thread.forget(),
    ];
    for (const end of ends) {
      const thread = new Sha1Thread();
      thread.answered(1, TPM_ORD.SHA1Start, true);
      thread.contextClosed(2);
      assert.ok(thread.maySend(1, TPM_ORD.SHA1Update));
      end(thread);
      assert.ok(!thread.maySend(1, TPM_ORD.SHA1Update));
    }
  });
});

describe('DAA sessions', () => {
  it('are found only in their own context', () => {
    const daa = new DaaSessions();
    const alice = daa.adopt(new VirtualContext(1, ALICE), 7);
    const bob = daa.adopt(new VirtualContext(2, BOB), 8);
    assert.deepEqual(alice, { id: 'daa-1', contextId: 1, userKey: ALICE.userKey, handle: 7 });
    assert.deepEqual([daa.find(1, 7), daa.find(1, 8), daa.find(2, 7)], [alice, undefined, undefined]);
    assert.deepEqual([daa.ofContext(2), daa.all()], [[bob], [alice, bob]]);
    daa.keepOnly([8, 9]);
    assert.deepEqual(daa.all(), [bob]);
    daa.remove(bob);
    assert.deepEqual(daa.all(), []);
  });

  it('are removed one by one', () => {
    const daa = new DaaSessions();
    const sessions = [7, 8, 9].map((handle) => daa.adopt(new VirtualContext(1, ALICE), handle));
    const [first, second, third] = sessions;
    assert.ok(second);
    daa.remove(second);
    assert.deepEqual(daa.all(), [first, third]);
    assert.deepEqual(
      sessions.map(({ id }) => id),
      ['daa-1', 'daa-2', 'daa-3'],
    );
  });
});
