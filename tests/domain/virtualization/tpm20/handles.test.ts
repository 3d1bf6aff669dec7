import assert from 'node:assert/strict';
import type { Caller } from '../../../../ts-core/domain/caller.js';
import {
  ACTIVE_SESSION_FIRST,
  LOADED_SESSION_FIRST,
  TPM_CC,
  TPM_RC,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  missingForFlush,
  missingForSave,
  missingInAuthorizationArea,
  missingInHandleArea,
  TransientObjects,
  VirtualContext,
} from '../../../../ts-core/domain/virtualization/tpm20/handles.js';
import { u32 } from '../../../support/tpm20-commands.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
/** Physical handles. */
const [FIRST, SECOND, THIRD] = [TRANSIENT_FIRST, TRANSIENT_FIRST + 1, TRANSIENT_FIRST + 2];
/** TPMS_CONTEXT of an object and of a sequence: sequence number, then the saved handle. */
const savedAs = (savedHandle: number) => Uint8Array.of(...u32(0), ...u32(1), ...u32(TRANSIENT_FIRST + savedHandle));
const [OBJECT_BLOB, SEQUENCE_BLOB] = [savedAs(0), savedAs(1)];

function setUp() {
  const changes = { count: 0 };
  const objects = new TransientObjects(() => void changes.count++);
  const context = new VirtualContext(1, ALICE);
  const adopt = (physicalHandle: number, blob?: Uint8Array, within = context) =>
    objects.adopt(within, physicalHandle, false, blob);
  return { objects, context, adopt, changes };
}

describe('the virtual handles of a context', () => {
  it('are the lowest that are free, whatever the TPM’s handles are', () => {
    const { objects, adopt, context } = setUp();
    const [first, second] = [adopt(THIRD), adopt(FIRST)];
    assert.deepEqual([first.virtualHandle, second.virtualHandle], [TRANSIENT_FIRST, TRANSIENT_FIRST + 1]);
    objects.remove(first);
    assert.equal(adopt(SECOND).virtualHandle, TRANSIENT_FIRST);
    assert.equal(context.freeVirtualHandle(), TRANSIENT_FIRST + 2);
  });

  it('are the same numbers in each context, and stand for different objects', () => {
    const { adopt, context } = setUp();
    const other = new VirtualContext(2, ALICE);
    const [own, foreign] = [adopt(FIRST), adopt(SECOND, undefined, other)];
    assert.equal(own.virtualHandle, foreign.virtualHandle);
    assert.equal(context.object(own.virtualHandle), own);
    assert.equal(other.object(own.virtualHandle), foreign);
  });

  it('stand for nothing after the object has been removed, and for nothing that is no object', () => {
    const { objects, adopt, context } = setUp();
    const object = adopt(FIRST);
    objects.remove(object);
    assert.equal(context.object(object.virtualHandle), undefined);
    assert.equal(context.objectCount, 0);
    assert.equal(context.remove(object), false);
    adopt(FIRST);
    assert.equal(context.object(ACTIVE_SESSION_FIRST), undefined, 'a session with the same number');
  });

  it('are listed in their order', () => {
    const { objects, adopt, context } = setUp();
    const [first, , third] = [adopt(THIRD), adopt(SECOND), adopt(FIRST)];
    objects.remove(first);
    const again = adopt(THIRD);
    assert.deepEqual(
      context.objects().map(({ virtualHandle }) => virtualHandle),
      [again.virtualHandle, TRANSIENT_FIRST + 1, third.virtualHandle],
    );
  });
});

describe('the transient objects of the TPM', () => {
  it('are counted for each user over all contexts, and not twice when they are removed twice', () => {
    const { objects, adopt } = setUp();
    const [first] = [adopt(FIRST), adopt(SECOND, undefined, new VirtualContext(2, ALICE))];
    assert.equal(objects.heldBy('uid:1000'), 2);
    objects.remove(first);
    objects.remove(first);
    assert.deepEqual([objects.heldBy('uid:1000'), objects.heldBy('uid:1001')], [1, 0]);
  });

  it('are in the TPM until they are evicted, and again when they are loaded', () => {
    const { objects, adopt } = setUp();
    const object = adopt(FIRST, OBJECT_BLOB);
    objects.evicted(object);
    assert.deepEqual([objects.residentHandles(), object.physicalHandle], [[], 0]);
    objects.loaded(object, SECOND);
    assert.deepEqual([objects.residentHandles(), objects.residents()], [[SECOND], [object]]);
    assert.equal(object.blob, OBJECT_BLOB, 'its saved form stays valid');
  });

  it('lose the saved form of a sequence when it is loaded, since it changes in use', () => {
    const { objects, adopt } = setUp();
    const sequence = adopt(FIRST, SEQUENCE_BLOB);
    objects.evicted(sequence);
    objects.loaded(sequence, FIRST);
    assert.equal(sequence.blob, undefined);
    objects.rememberSaved(sequence, SEQUENCE_BLOB);
    assert.equal(sequence.blob, undefined, 'nor is one that the caller saves remembered');
    objects.rememberSaved(sequence, OBJECT_BLOB);
    assert.equal(sequence.blob, OBJECT_BLOB);
  });

  it('survive that the TPM drops them or assigns their handle again only if they have a valid saved form', () => {
    for (const lose of ['dropped', 'assigned by Load', 'assigned by ContextLoad']) {
      const { objects, adopt, context } = setUp();
      const [saved, unsaved, sequence] = [adopt(FIRST, OBJECT_BLOB), adopt(SECOND), adopt(THIRD, SEQUENCE_BLOB)];
      const evicted = adopt(TRANSIENT_FIRST + 3, OBJECT_BLOB);
      objects.evicted(evicted);
      for (const object of [saved, unsaved, sequence]) {
        if (lose === 'dropped') objects.lost(object);
        else if (lose === 'assigned by Load') objects.remove(adopt(object.physicalHandle));
        else objects.loaded(evicted, object.physicalHandle);
      }
      assert.deepEqual(new Set(context.objects()), new Set([saved, evicted]), lose);
      assert.equal(saved.physicalHandle, 0);
    }
  });

  it('give way in the order of their last use, except those that the exchange needs or that cannot be saved', () => {
    const { objects, adopt } = setUp();
    const [first, second, third] = [adopt(FIRST), adopt(SECOND), adopt(THIRD)];
    objects.beginExchange();
    assert.equal(objects.leastRecentlyUsed(), first);
    objects.touch(first);
    assert.equal(objects.leastRecentlyUsed(), second);
    second.saveRejected = true;
    assert.equal(objects.leastRecentlyUsed(), third);
    objects.touch(third);
    assert.equal(objects.leastRecentlyUsed(), undefined);
    objects.beginExchange();
    assert.equal(objects.leastRecentlyUsed(), first, 'the next exchange may evict it');
  });

  it('fill the TPM once it has rejected another, until one more fits', () => {
    const { objects, adopt } = setUp();
    adopt(FIRST);
    assert.deepEqual([objects.isFull, objects.mustEvictFirst()], [false, false]);
    objects.roomRejected();
    assert.deepEqual([objects.isFull, objects.mustEvictFirst()], [true, true]);
    const second = adopt(SECOND);
    objects.remove(second);
    assert.equal(objects.isFull, false, 'two have fitted');
    objects.loaded(adopt(SECOND), THIRD);
    assert.equal(objects.isFull, true);
  });

  it('are all forgotten when the TPM has lost them, evicted ones too, and so is how many fitted', () => {
    const { objects, adopt, context } = setUp();
    objects.evicted(adopt(FIRST, OBJECT_BLOB));
    adopt(SECOND);
    objects.roomRejected();
    objects.forgetAll([context]);
    assert.deepEqual([context.objects(), objects.residents(), objects.heldBy('uid:1000')], [[], [], 0]);
    assert.equal(objects.isFull, false);
  });

  it('report each change to the snapshot', () => {
    const { objects, adopt, changes } = setUp();
    const object = adopt(FIRST, OBJECT_BLOB);
    objects.evicted(object);
    objects.loaded(object, FIRST);
    objects.remove(object);
    assert.equal(changes.count, 4);
  });
});

/** Measured with libtpms 0.9: three objects, 64 sessions. */
const RANGES = { transientObjects: 3, sessions: 64 };
const OBJECT = TRANSIENT_FIRST + 2;
const OBJECT_BEYOND = TRANSIENT_FIRST + 3;
const HMAC_SESSION = LOADED_SESSION_FIRST + 0x3f;
const POLICY_SESSION = ACTIVE_SESSION_FIRST + 0x3f;
const POLICY_SESSION_BEYOND = ACTIVE_SESSION_FIRST + 0x40;

describe('the response for a handle that a context does not have', () => {
  const inArea = (code: number, handle: number, position: number, count: number) =>
    missingInHandleArea(code, handle, position, count, RANGES);

  it('is REFERENCE_Hx within the slots of the TPM, and VALUE beyond them', () => {
    assert.equal(inArea(TPM_CC.Sign, OBJECT, 0, 1), TPM_RC.REFERENCE_H0);
    assert.equal(inArea(TPM_CC.Certify, OBJECT, 1, 2), TPM_RC.REFERENCE_H1);
    assert.equal(inArea(TPM_CC.Sign, OBJECT_BEYOND, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.Certify, OBJECT_BEYOND, 1, 2), aboutHandle(TPM_RC.VALUE, 1));
  });

  it('is REFERENCE_Hx for a policy session if the command accepts one, as its last handle', () => {
    assert.equal(inArea(TPM_CC.PolicyGetDigest, POLICY_SESSION, 0, 1), TPM_RC.REFERENCE_H0);
    assert.equal(inArea(TPM_CC.PolicyGetDigest, POLICY_SESSION_BEYOND, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicySecret, POLICY_SESSION, 1, 2), TPM_RC.REFERENCE_H1);
    assert.equal(inArea(TPM_CC.PolicySecret, POLICY_SESSION, 0, 2), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicySecret, OBJECT, 0, 2), TPM_RC.REFERENCE_H0);
  });

  it('is VALUE for a handle of the wrong type', () => {
    assert.equal(inArea(TPM_CC.PolicyGetDigest, HMAC_SESSION, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.PolicyGetDigest, OBJECT, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.Sign, POLICY_SESSION, 0, 1), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(inArea(TPM_CC.GetSessionAuditDigest, HMAC_SESSION, 2, 3), TPM_RC.REFERENCE_H2);
    assert.equal(inArea(TPM_CC.GetSessionAuditDigest, POLICY_SESSION, 2, 3), aboutHandle(TPM_RC.VALUE, 2));
  });

  it('treats every policy command of the specification as accepting one', () => {
    const policies = Object.entries(TPM_CC).filter(([name]) => name.startsWith('Policy'));
    const session = policies.filter(([, code]) => inArea(code, POLICY_SESSION, 0, 1) === TPM_RC.REFERENCE_H0);
    const others = policies.filter((each) => !session.includes(each)).map(([name]) => name);
    // The measured library does not have these: the TPM itself refuses the handle.
    assert.deepEqual(others, ['Policy_AC_SendSelect', 'PolicyTransportSPDM']);
  });

  it('in the authorization area is REFERENCE_Sx or VALUE', () => {
    assert.equal(missingInAuthorizationArea(HMAC_SESSION, 0, RANGES), TPM_RC.REFERENCE_S0);
    assert.equal(missingInAuthorizationArea(POLICY_SESSION, 2, RANGES), TPM_RC.REFERENCE_S2);
    assert.equal(missingInAuthorizationArea(POLICY_SESSION_BEYOND, 1, RANGES), aboutSession(TPM_RC.VALUE, 1));
  });

  it('is REFERENCE_H0 or VALUE for ContextSave, and HANDLE or VALUE of the parameter for FlushContext', () => {
    assert.equal(missingForSave(OBJECT, RANGES), TPM_RC.REFERENCE_H0);
    assert.equal(missingForSave(OBJECT_BEYOND, RANGES), aboutHandle(TPM_RC.VALUE, 0));
    assert.equal(missingForFlush(POLICY_SESSION, RANGES), aboutParameter(TPM_RC.HANDLE, 1));
    assert.equal(missingForFlush(POLICY_SESSION_BEYOND, RANGES), aboutParameter(TPM_RC.VALUE, 1));
  });
});
