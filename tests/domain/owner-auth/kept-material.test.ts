import assert from 'node:assert/strict';
import { keepsOwner, materialFor, OWNER_AUTH_TYPES } from '../../../ts-core/domain/owner-auth/kept-material.js';

describe('the stored material', () => {
  it('depends on the level: nothing at None, delegated material at Delegated, all at Full, the lockout authorization of a TPM 2.0 at 5', () => {
    assert.deepEqual(materialFor(0, '2.0'), []);
    assert.deepEqual(materialFor(0, '1.2'), []);
    assert.deepEqual(materialFor(2, '2.0'), ['storage', 'endorsement']);
    assert.deepEqual(materialFor(2, '1.2'), ['administratorDelegation', 'userDelegation', 'endorsementDelegation']);
    assert.deepEqual(materialFor(4, '2.0'), ['owner', 'storage', 'endorsement']);
    assert.ok(materialFor(4, '1.2').includes('owner'));
    assert.deepEqual(materialFor(5, '2.0'), ['owner']);
    assert.deepEqual(materialFor(5, '1.2'), materialFor(2, '1.2'));
  });

  it('has the types of Tbs.h for the versions that have them', () => {
    const numbers = OWNER_AUTH_TYPES.map(({ number, versions }) => `${number} ${versions.join()}`);
    assert.deepEqual(numbers, ['1 1.2,2.0', '2 1.2', '3 1.2', '4 1.2', '12 2.0', '13 2.0']);
    assert.deepEqual(
      OWNER_AUTH_TYPES.filter(({ administratorsOnly }) => !administratorsOnly).map(({ name }) => name),
      ['User'],
    );
  });

  it('includes the owner authorization itself at Full, and on TPM 2.0 at 5', () => {
    const keeping = ([0, 2, 4, 5] as const).map((level) => [keepsOwner(level, '1.2'), keepsOwner(level, '2.0')]);
    assert.deepEqual(keeping, [
      [false, false],
      [false, false],
      [true, true],
      [false, true],
    ]);
  });
});
