import assert from 'node:assert/strict';
import { Contexts } from '../../../ts-core/application/contexts/contexts.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const ADMINISTRATOR: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

function user(number: number): Caller {
  return { userKey: `uid:${1000 + number}`, callerClass: 'standardUser' };
}

function openUntilRefused(
  contexts: Contexts,
  callerOf: (index: number) => Caller,
): { opened: number; setting: unknown } {
  for (let opened = 0; ; opened++) {
    try {
      contexts.create(callerOf(opened), 0);
    } catch (error) {
      assert.ok(error instanceof TbsError);
      assert.equal(error.symbol, 'TBS_E_TOO_MANY_TBS_CONTEXTS');
      return { opened, setting: error.details['setting'] };
    }
  }
}

describe('the open contexts', () => {
  it('keep one place in sixteen for administrators', () => {
    const contexts = new Contexts(() => ({ maxContexts: 32, maxContextsPerUser: 10 }));
    assert.deepEqual(openUntilRefused(contexts, user), { opened: 30, setting: 'maxContexts' });
    assert.deepEqual(
      openUntilRefused(contexts, () => ADMINISTRATOR),
      { opened: 2, setting: 'maxContexts' },
    );
  });

  it('are bounded for each user as well', () => {
    const contexts = new Contexts(() => ({ maxContexts: 32, maxContextsPerUser: 10 }));
    assert.deepEqual(
      openUntilRefused(contexts, () => user(1)),
      { opened: 10, setting: 'maxContextsPerUser' },
    );
  });
});
