import assert from 'node:assert/strict';
import { CALLER_ROLES, type Caller, type CallerRole, roleOf } from '../../ts-core/domain/caller.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import {
  ADMINISTRATOR_ONLY,
  CHANGE_OWN,
  NOT_SANDBOXED,
  OBSERVERS_ONLY,
  READ_OWN,
  requireAccess,
} from '../../ts-core/endpoints/access.js';

function callerIn(role: CallerRole): Caller {
  if (role === 'observer') return { userKey: 'uid:1000', callerClass: 'standardUser', isObserver: true };
  return { userKey: 'uid:1000', callerClass: role };
}

describe('access to a call', () => {
  const refusalOf = (access: typeof NOT_SANDBOXED, role: CallerRole): TbsError | undefined => {
    try {
      requireAccess({ name: 'lockout/reset', access }, callerIn(role));
      return undefined;
    } catch (error) {
      assert.ok(error instanceof TbsError);
      return error;
    }
  };

  it('is refused to the classes without access, naming the class and the call', () => {
    const refusal = refusalOf(ADMINISTRATOR_ONLY, 'standardUser');
    assert.equal(refusal?.symbol, 'TBS_E_ACCESS_DENIED');
    assert.equal(refusal?.message, 'A standard user may not call lockout/reset.');
    assert.deepEqual(refusal?.details, { method: 'lockout/reset', callerClass: 'standardUser' });
    assert.equal(refusalOf(NOT_SANDBOXED, 'sandboxedApp')?.message, 'A sandboxed app may not call lockout/reset.');
  });

  it('is open to the classes with access to all data or their own', () => {
    for (const role of CALLER_ROLES) assert.equal(refusalOf(READ_OWN, role), undefined);
    assert.equal(refusalOf(ADMINISTRATOR_ONLY, 'administrator'), undefined);
  });

  it('lets observers read everybody’s data, but change only their own', () => {
    assert.equal(refusalOf(OBSERVERS_ONLY, 'observer'), undefined);
    const refusal = refusalOf(OBSERVERS_ONLY, 'standardUser');
    assert.equal(refusal?.symbol, 'TBS_E_ACCESS_DENIED');
    assert.match(refusal?.action ?? '', /observerUsers/);
    assert.equal(refusalOf(ADMINISTRATOR_ONLY, 'observer')?.message, 'An observer may not call lockout/reset.');
    assert.deepEqual([READ_OWN.observer, READ_OWN.standardUser], ['all', 'own']);
    assert.deepEqual([CHANGE_OWN.observer, CHANGE_OWN.administrator], ['own', 'all']);
  });

  it('never makes a sandboxed app an observer', () => {
    assert.equal(roleOf({ userKey: 'uid:1000', callerClass: 'sandboxedApp', isObserver: true }), 'sandboxedApp');
  });
});
