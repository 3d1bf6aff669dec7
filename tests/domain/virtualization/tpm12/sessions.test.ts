import assert from 'node:assert/strict';
import { TPM_ORD } from '../../../../ts-core/domain/tpm12/codes.js';
import { DaaSessions, SavedSessions, Sha1Thread } from '../../../../ts-core/domain/virtualization/tpm12/sessions.js';

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
    const [alice, bob] = [
      { id: 'daa-1', contextId: 1, userKey: 'uid:1000', handle: 7 },
      { id: 'daa-2', contextId: 2, userKey: 'uid:1001', handle: 8 },
    ];
    daa.add(alice);
    daa.add(bob);
    assert.deepEqual([daa.find(1, 7), daa.find(1, 8), daa.find(2, 7)], [alice, undefined, undefined]);
    assert.deepEqual([daa.ofContext(2), daa.all()], [[bob], [alice, bob]]);
    daa.keepOnly([8, 9]);
    assert.deepEqual(daa.all(), [bob]);
    daa.remove(bob);
    assert.deepEqual(daa.all(), []);
  });
});

describe('sessions that callers have saved', () => {
  const session = (contextCount: number, userKey: string) => {
    const blob = Uint8Array.of(contextCount, 1, 2);
    return {
      id: `saved-${contextCount}`,
      kind: 'authSession' as const,
      userKey,
      blob,
      contextCount,
      current: { blob, contextCount },
      virtualHandle: 5,
      link: undefined,
      transportAttributes: 0,
    };
  };

  it('are found only by their user, by blob and by count', () => {
    const saved = new SavedSessions();
    saved.add(session(1, 'uid:1000'));
    saved.add(session(2, 'uid:1001'));
    assert.equal(saved.find('uid:1000', Uint8Array.of(1, 1, 2))?.contextCount, 1);
    assert.equal(saved.find('uid:1001', Uint8Array.of(1, 1, 2)), undefined);
    assert.equal(saved.find('uid:1000', Uint8Array.of(1, 1)), undefined);
    assert.equal(saved.findByCount('uid:1001', 2)?.contextCount, 2);
    assert.equal(saved.findByCount('uid:1000', 2), undefined);
    assert.deepEqual(
      saved.ofUser('uid:1001').map(({ sequence }) => sequence),
      [2],
    );
  });

  it('can be removed, one or all', () => {
    const saved = new SavedSessions();
    for (const count of [1, 2, 3]) saved.add(session(count, 'uid:1000'));
    const second = saved.all()[1];
    assert.ok(second);
    saved.remove(second);
    assert.deepEqual(
      saved.all().map(({ contextCount }) => contextCount),
      [1, 3],
    );
    saved.clear();
    assert.deepEqual(saved.all(), []);
  });
});
