import assert from 'node:assert/strict';
import { CALLER_CLASSES, sharedLimit } from '../../ts-core/domain/caller.js';

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
