import assert from 'node:assert/strict';
import type { Caller } from '../../../../ts-core/domain/caller.js';
import { ACTIVE_SESSION_FIRST, LOADED_SESSION_FIRST, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { VirtualContext } from '../../../../ts-core/domain/virtualization/tpm20/handles.js';
import { Sessions } from '../../../../ts-core/domain/virtualization/tpm20/sessions.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const [HMAC, POLICY, OTHER] = [LOADED_SESSION_FIRST, ACTIVE_SESSION_FIRST + 1, LOADED_SESSION_FIRST + 2];
const [BLOB, NEWER] = [Uint8Array.of(1), Uint8Array.of(2)];

function setUp() {
  const changes = { count: 0 };
  const sessions = new Sessions(() => void changes.count++);
  const context = new VirtualContext(1, ALICE);
  return { sessions, context, changes };
}

describe('a session', () => {
  it('is loaded in the context that started it, and in no other', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    const other = new VirtualContext(2, ALICE);
    assert.equal(sessions.loadedIn(context, HMAC), session);
    assert.equal(sessions.loadedIn(other, HMAC), undefined);
    assert.deepEqual([session.userKey, session.resident, context.loadedSessionCount], ['uid:1000', true, 1]);
  });

  it('is found by its number, whatever type of session the TPM lists it under', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, POLICY);
    assert.equal(sessions.byHandle(LOADED_SESSION_FIRST + 1), session);
    assert.equal(sessions.byHandle(TRANSIENT_FIRST + 1), undefined, 'an object with the same number');
  });

  it('replaces one whose handle the TPM has assigned again', () => {
    const { sessions, context } = setUp();
    const older = sessions.adopt(context, HMAC);
    const newer = sessions.adopt(context, HMAC);
    assert.deepEqual([sessions.size, [...sessions.all()], context.loadedSessionCount], [1, [newer], 1]);
    sessions.ended(older);
    assert.deepEqual(
      [sessions.byHandle(HMAC), context.loadedSessionCount],
      [newer, 1],
      'whatever becomes of the other',
    );
  });

  it('stays loaded for its caller while the broker has evicted it', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.evicted(session, BLOB);
    assert.deepEqual([session.resident, session.blob, session.context], [false, BLOB, context]);
    assert.equal(context.loadedSessionCount, 1);
    sessions.nowResident(session);
    assert.deepEqual([session.resident, session.blob], [true, undefined], 'the saved form is spent');
  });

  it('belongs to the user after the caller has saved it, until a context loads it', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.savedByCaller(context, session, BLOB);
    assert.deepEqual(
      [session.context, session.savedBy, session.callerBlob, session.blob],
      [...[undefined, context, BLOB, BLOB]],
    );
    assert.deepEqual([session.resident, context.loadedSessionCount], [false, 0]);
    const other = new VirtualContext(2, ALICE);
    sessions.loadedByCaller(other, session);
    assert.deepEqual([session.context, session.savedBy, session.callerBlob], [other, undefined, undefined]);
    assert.equal(other.loadedSessionCount, 1);
  });

  it('is saved again, under the blob that the caller holds, when the load was cancelled', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.savedByCaller(context, session, BLOB);
    const before = session.callerSaveOrder;
    sessions.loadedByCaller(context, session);
    sessions.returnToUser(session, BLOB);
    assert.deepEqual([session.context, session.savedBy, session.callerBlob], [undefined, context, BLOB]);
    assert.equal(context.loadedSessionCount, 0);
    assert.ok(session.callerSaveOrder > before);
    sessions.returnToUser(session, NEWER);
    assert.equal(session.callerBlob, BLOB, 'one that is not loaded does not change');
    assert.equal(context.loadedSessionCount, 0);
  });

  it('comes back from an earlier run of the broker as saved by nobody', () => {
    const { sessions } = setUp();
    const session = sessions.adoptSaved(HMAC, 'uid:1000', BLOB, NEWER);
    assert.deepEqual(
      [session.context, session.savedBy, session.callerBlob, session.blob],
      [...[undefined, undefined, BLOB, NEWER]],
    );
    assert.equal(sessions.oldestSaved(), session);
  });

  it('is forgotten when it ends, once', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.ended(session);
    sessions.ended(session);
    assert.deepEqual([sessions.size, sessions.byHandle(HMAC), context.loadedSessionCount], [0, undefined, 0]);
  });
});

describe('the sessions of the TPM', () => {
  it('give way in the order of their last use, except those that the exchange needs', () => {
    const { sessions, context } = setUp();
    const [first, second] = [sessions.adopt(context, HMAC), sessions.adopt(context, POLICY)];
    sessions.beginExchange();
    assert.equal(sessions.leastRecentlyUsed(), first);
    sessions.touch(first);
    assert.equal(sessions.leastRecentlyUsed(), second);
    sessions.evicted(second, BLOB);
    assert.equal(sessions.leastRecentlyUsed(), undefined);
    sessions.beginExchange();
    assert.equal(sessions.leastRecentlyUsed(), first);
  });

  it('are repaired in the order in which the TPM saved them', () => {
    const { sessions, context } = setUp();
    const [first, second, third] = [HMAC, POLICY, OTHER].map((handle) => sessions.adopt(context, handle));
    assert.ok(first && second && third);
    assert.equal(sessions.oldestSaved(), undefined);
    sessions.evicted(second, BLOB);
    sessions.savedByCaller(context, first, BLOB);
    assert.equal(sessions.oldestSaved(), second);
    sessions.nowResident(second);
    assert.equal(sessions.oldestSaved(), first);
    sessions.evicted(second, NEWER);
    assert.equal(sessions.oldestSaved(), first, 'a repair makes it the newest');
  });

  it('keep their place in that order when their caller saves one that the broker had evicted', () => {
    const { sessions, context } = setUp();
    const [first, second] = [sessions.adopt(context, HMAC), sessions.adopt(context, POLICY)];
    sessions.evicted(first, BLOB);
    sessions.evicted(second, BLOB);
    sessions.savedByCaller(context, first, BLOB);
    assert.equal(sessions.oldestSaved(), first);
    assert.ok(first.callerSaveOrder > 0);
  });

  it('fill the TPM once it has rejected another, until one more fits', () => {
    const { sessions, context } = setUp();
    sessions.adopt(context, HMAC);
    assert.deepEqual([sessions.isFull, sessions.mustEvictFirst()], [false, false]);
    sessions.roomRejected();
    assert.deepEqual([sessions.isFull, sessions.mustEvictFirst()], [true, true]);
    const evicted = sessions.adopt(context, POLICY);
    sessions.evicted(evicted, BLOB);
    assert.equal(sessions.isFull, false, 'two have fitted');
    sessions.adopt(context, OTHER);
    assert.equal(sessions.isFull, true);
    sessions.nowResident(evicted);
    sessions.roomProven();
    sessions.ended(evicted);
    assert.equal(sessions.isFull, false, 'three have fitted');
  });

  it('count as resident once, however often they are said to be', () => {
    const { sessions, context } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.roomRejected();
    sessions.nowResident(session);
    sessions.evicted(session, BLOB);
    assert.equal(sessions.isFull, false);
  });

  it('are all forgotten when the TPM has lost them, and so is how many fitted', () => {
    const { sessions, context } = setUp();
    sessions.adopt(context, HMAC);
    sessions.roomRejected();
    sessions.adoptSaved(POLICY, 'uid:1000', BLOB, BLOB);
    sessions.forgetAll();
    assert.deepEqual([sessions.size, context.loadedSessionCount, sessions.isFull], [0, 0, false]);
  });

  it('report each change to the snapshot', () => {
    const { sessions, context, changes } = setUp();
    const session = sessions.adopt(context, HMAC);
    sessions.evicted(session, BLOB);
    sessions.nowResident(session);
    sessions.savedByCaller(context, session, BLOB);
    sessions.loadedByCaller(context, session);
    sessions.returnToUser(session, BLOB);
    sessions.ended(session);
    assert.equal(changes.count, 7);
  });
});
