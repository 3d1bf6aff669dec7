import assert from 'node:assert/strict';
import { CALLER_CLASSES, type CallerClass } from '../../ts-core/domain/caller.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { ADMINISTRATOR_ONLY, EVERYBODY_OWN, NOT_SANDBOXED, requireAccess } from '../../ts-core/endpoints/access.js';

describe('access to a call', () => {
  const refusalOf = (access: typeof NOT_SANDBOXED, callerClass: CallerClass): TbsError | undefined => {
    try {
      requireAccess({ name: 'lockout/reset', access }, { userKey: 'uid:1000', callerClass });
      return undefined;
    } catch (error) {
      assert.ok(error instanceof TbsError);
      return error;
    }
  };

  it('is refused to the classes that have none, naming the class and the call', () => {
    const refusal = refusalOf(ADMINISTRATOR_ONLY, 'standardUser');
    assert.equal(refusal?.symbol, 'TBS_E_ACCESS_DENIED');
    assert.equal(refusal?.message, 'A standard user may not call lockout/reset.');
    assert.deepEqual(refusal?.details, { method: 'lockout/reset', callerClass: 'standardUser' });
    assert.equal(refusalOf(NOT_SANDBOXED, 'sandboxedApp')?.message, 'A sandboxed app may not call lockout/reset.');
  });

  it('is open to the classes that have all data or their own', () => {
    for (const callerClass of CALLER_CLASSES) assert.equal(refusalOf(EVERYBODY_OWN, callerClass), undefined);
    assert.equal(refusalOf(ADMINISTRATOR_ONLY, 'administrator'), undefined);
  });
});
