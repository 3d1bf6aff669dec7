import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mapsEveryUser,
  overflowUserUid,
  readUserNamespace,
  type UserNamespace,
} from '../../../ts-core/adapters/identity/user-namespace.js';

const FIRST: UserNamespace = { overflowUid: 65534, mapsEveryUser: true };
const CONTAINER: UserNamespace = { overflowUid: 65534, mapsEveryUser: false };
const USERS: Readonly<Record<string, string>> = { nobody: 'uid:65534', alice: 'uid:1000', root: 'uid:0' };
const keyOf = (user: string): string | undefined => USERS[user] ?? (/^\d+$/.test(user) ? `uid:${user}` : undefined);

describe('the user namespace of the broker', () => {
  it('maps every user in the machine’s initial namespace, but not in a container', () => {
    assert.equal(mapsEveryUser('         0          0 4294967295\n'), true);
    assert.equal(mapsEveryUser('         0       1000          1\n         1     100000      65536\n'), false);
    assert.equal(mapsEveryUser(''), false);
  });

  it('is read from the kernel', () => {
    const { stdout } = spawnSync('cat', ['/proc/self/uid_map', '/proc/sys/kernel/overflowuid'], { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    const overflowUid = Number(lines.pop());
    assert.deepEqual(readUserNamespace(), { overflowUid, mapsEveryUser: mapsEveryUser(lines.join('\n')) });
  });
});

describe('the user behind the overflow id', () => {
  it('is the user nobody if every user is mapped', () => {
    assert.equal(overflowUserUid('nobody', FIRST, keyOf), 65534);
    assert.equal(overflowUserUid(65534, FIRST, keyOf), 65534);
    assert.throws(() => overflowUserUid('alice', FIRST, keyOf), {
      symbol: 'TBS_E_BAD_PARAMETER',
      message: /user 65534 is an ordinary user here/,
    });
  });

  it('is the user from the configuration in a container', () => {
    assert.equal(overflowUserUid('alice', CONTAINER, keyOf), 1000);
    assert.equal(overflowUserUid(4711, CONTAINER, keyOf), 4711);
  });

  it('is neither root nor an unknown user', () => {
    for (const user of ['root', 0]) {
      assert.throws(() => overflowUserUid(user, CONTAINER, keyOf), { message: /names root/ });
    }
    assert.throws(() => overflowUserUid('mallory', CONTAINER, keyOf), { message: /no user "mallory"/ });
  });
});
