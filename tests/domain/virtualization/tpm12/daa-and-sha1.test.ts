import assert from 'node:assert/strict';
import { TPM_ORD } from '../../../../ts-core/domain/tpm12/codes.js';
import { DaaSessions, Sha1Thread } from '../../../../ts-core/domain/virtualization/tpm12/daa-and-sha1.js';
import { VirtualContext } from '../../../../ts-core/domain/virtualization/tpm12/handles.js';
import { ALICE, BOB } from '../../../support/virtual-tpm12.js';

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
