import assert from 'node:assert/strict';
import { CALLER_CLASSES, type Caller, mayRead, sharedLimit } from '../../ts-core/domain/caller.js';

describe('a limit that all callers share', () => {
  for (const callerClass of CALLER_CLASSES) {
    it(`leaves ${callerClass === 'administrator' ? 'all of it' : 'fifteen parts of sixteen'} to a caller of class ${callerClass}`, () => {
      const caller = { userKey: 'uid:1', callerClass };
      const share = (limit: number): number => sharedLimit(caller, limit);
      const expected = callerClass === 'administrator' ? [1, 15, 16, 1600] : [1, 15, 15, 1500];
      assert.deepEqual([1, 15, 16, 1600].map(share), expected);
    });
  }
});

describe('the data that a caller may read', () => {
  const ALICE: Caller = { userKey: 'uid:1', callerClass: 'standardUser' };
  const APP: Caller = { userKey: 'uid:1', callerClass: 'sandboxedApp' };
  const BOB: Caller = { userKey: 'uid:2', callerClass: 'standardUser' };
  const OBSERVER: Caller = { ...BOB, isObserver: true };
  const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

  it('is that of its own user, and everybody’s for administrators and observers', () => {
    assert.deepEqual(
      [ALICE, BOB, OBSERVER, ROOT].map((caller) => mayRead(caller, ALICE)),
      [true, false, true, true],
    );
  });

  it('is only that of sandboxed apps of its user for a sandboxed app', () => {
    assert.deepEqual(
      [APP, ALICE, { ...APP, userKey: 'uid:2' }, { userKey: 'uid:1', callerClass: undefined }].map((owner) =>
        mayRead(APP, owner),
      ),
      [true, false, false, false],
    );
  });
});
