import assert from 'node:assert/strict';
import { Keys, VirtualContext } from '../../../../ts-core/domain/virtualization/tpm12/handles.js';
import {
  entityHandleOf,
  findResource,
  linkedKey,
  SavedSessions,
  Sessions,
} from '../../../../ts-core/domain/virtualization/tpm12/sessions.js';
import { ALICE, BOB } from '../../../support/virtual-tpm12.js';

function setUp() {
  const [alice, bob] = [new VirtualContext(1, ALICE), new VirtualContext(2, BOB)];
  const sessions = new Sessions(
    new Map([
      [1, alice],
      [2, bob],
    ]),
  );
  sessions.beginExchange();
  return { sessions, alice, bob };
}

describe('the sessions of TPM 1.2 contexts', () => {
  it('are loaded in the context that started them, and in no other', () => {
    const { sessions, alice, bob } = setUp();
    const session = sessions.adopt(alice, 'authSession', 5, {});
    assert.equal(sessions.loadedIn(alice, 'authSession', 5), session);
    assert.equal(findResource(sessions, alice, 'authSession', 5), session);
    assert.equal(sessions.loadedIn(bob, 'authSession', 5), undefined);
    assert.equal(sessions.loadedIn(alice, 'transportSession', 5), undefined);
  });

  it('have the next free handle if the context uses the TPM’s already', () => {
    const { sessions, alice, bob } = setUp();
    const handles = [alice, alice, bob].map(
      (context) => sessions.adopt(context, 'authSession', 0xffffffff, {}).virtualHandle,
    );
    assert.deepEqual(handles, [0xffffffff, 0, 0xffffffff]);
    assert.equal(sessions.adopt(alice, 'authSession', 5, { wanted: 9 }).virtualHandle, 9);
  });

  it('are listed in the order of contexts, authorization sessions first', () => {
    const { sessions, alice, bob } = setUp();
    const [second, third] = [sessions.adopt(bob, 'transportSession', 1, {}), sessions.adopt(bob, 'authSession', 2, {})];
    const first = sessions.adopt(alice, 'authSession', 3, {});
    assert.deepEqual([...sessions.all()], [first, third, second]);
    assert.deepEqual(sessions.ofContext(bob), [third, second]);
  });

  it('give way in the order of their last use, except those that the exchange needs', () => {
    const { sessions, alice } = setUp();
    const [first, second, away] = [5, 6, 7].map((handle) => sessions.adopt(alice, 'authSession', handle, {}));
    assert.ok(first && second && away);
    away.physicalHandle = undefined;
    assert.equal(sessions.leastRecentlyUsed('authSession'), first);
    assert.equal(sessions.leastRecentlyUsed('transportSession'), undefined);
    sessions.touch(first);
    assert.equal(sessions.leastRecentlyUsed('authSession'), second);
    sessions.touch(second);
    assert.equal(sessions.leastRecentlyUsed('authSession'), undefined);
    sessions.beginExchange();
    assert.equal(sessions.leastRecentlyUsed('authSession'), first);
  });

  it('are nowhere once they have ended, one or all', () => {
    const { sessions, alice } = setUp();
    const [first, second] = [5, 6].map((handle) => sessions.adopt(alice, 'authSession', handle, {}));
    assert.ok(first && second);
    Object.assign(first, { physicalHandle: undefined, saved: { blob: new Uint8Array(), contextCount: 1 } });
    sessions.ended(first);
    assert.deepEqual([first.saved, [...sessions.all()]], [undefined, [second]]);
    sessions.forgetAll();
    assert.deepEqual([second.physicalHandle, [...sessions.all()]], [undefined, []]);
  });

  it('are bound to a key, to another entity, or to nothing', () => {
    const { sessions, alice } = setUp();
    const key = new Keys(new Map([[1, alice]])).adopt(alice, 9, { wanted: 4 });
    const [toKey, toOther, toNothing] = [key, 77, undefined].map((link) =>
      sessions.adopt(alice, 'authSession', 5, { link }),
    );
    assert.ok(toKey && toOther && toNothing);
    assert.deepEqual([linkedKey(toKey), linkedKey(toOther), linkedKey(toNothing)], [key, undefined, undefined]);
    assert.deepEqual([entityHandleOf(key), entityHandleOf(77), entityHandleOf(undefined)], [9, 77, 0]);
    key.physicalHandle = undefined;
    assert.equal(entityHandleOf(key), 0, 'it is not in the TPM');
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
