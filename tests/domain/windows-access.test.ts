import assert from 'node:assert/strict';
import {
  isTrustedOwnerSid,
  stateFolderAccess,
  stateKeyAccess,
  systemPipeAccess,
  userPipeAccess,
} from '../../ts-core/domain/windows-access.js';

const OWN = 'S-1-5-21-1-2-3-1000';
/** FILE_CREATE_PIPE_INSTANCE: whoever has this right can pose as the broker. */
const MAKE_INSTANCES = 0x4;

/** Returns the rights in the access control entries of a security descriptor, by trustee. */
function rightsIn(sddl: string): ReadonlyMap<string, string> {
  return new Map(
    [...sddl.matchAll(/\(A;[A-Z]*;([^;]+);;;([^)]+)\)/g)].map(([, rights, who]) => [who ?? '', rights ?? '']),
  );
}

describe('access to the broker’s objects on Windows', () => {
  it('lets everybody and every app read and write the system’s pipe, but not create instances of it', () => {
    const rights = rightsIn(systemPipeAccess(OWN, true));
    assert.deepEqual([...rights.keys()], ['WD', 'S-1-15-2-1', 'SY', 'BA', OWN]);
    for (const who of ['WD', 'S-1-15-2-1']) {
      const mask = Number(rights.get(who));
      assert.equal(mask & MAKE_INSTANCES, 0);
      assert.equal(mask & 0x3, 0x3, 'reads and writes data');
    }
  });

  it('names the administrators as owner only if the broker may', () => {
    assert.match(systemPipeAccess(OWN, true), /^O:BAD:P/);
    assert.match(systemPipeAccess(OWN, false), /^D:P/);
  });

  it('limits a user’s own pipe, and all state, to that user and administrators', () => {
    for (const sddl of [userPipeAccess(OWN), stateFolderAccess(OWN), stateKeyAccess(OWN)]) {
      assert.deepEqual([...rightsIn(sddl).keys()].sort(), [OWN, 'BA', 'SY'].sort());
      assert.match(sddl, /^D:P/, 'nothing is inherited from above');
    }
  });

  it('trusts objects of administrators, the system and the own user', () => {
    for (const owner of ['S-1-5-32-544', 'S-1-5-18', OWN]) assert.equal(isTrustedOwnerSid(owner, OWN), true);
    for (const owner of ['S-1-5-32-545', 'S-1-1-0', 'S-1-5-21-1-2-3-1001']) {
      assert.equal(isTrustedOwnerSid(owner, OWN), false);
    }
  });
});
