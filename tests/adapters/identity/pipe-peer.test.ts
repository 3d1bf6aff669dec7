import assert from 'node:assert/strict';
import { connectToPipe } from '../../../ts-core/adapters/identity/pipe-client.js';
import { callerOfPipe, type PipePeerRules } from '../../../ts-core/adapters/identity/pipe-peer.js';
import { groupSidOf, WindowsUserNames } from '../../../ts-core/adapters/identity/windows-account-names.js';
import type { NativeTokenFacts } from '../../../ts-core/adapters/windows-addon.js';

const ALICE = 'S-1-5-21-1-2-3-1001';
const OPERATORS = 'S-1-5-21-1-2-3-2000';
const APPS = 'S-1-5-21-1-2-3-2001';

/** Returns Alice's token with the given groups. */
function tokenIn(...groups: readonly string[]): (asked: readonly string[]) => NativeTokenFacts {
  return (asked) => ({
    userSid: ALICE,
    isAdministrator: false,
    isAppContainer: false,
    memberships: asked.map((group) => groups.includes(group)),
  });
}

function callerWith(token: (asked: readonly string[]) => NativeTokenFacts, rules: Partial<PipePeerRules>) {
  const addon = {
    pipeClientProcess: (_fd: number, groups: readonly string[]) => ({ ...token(groups), processId: 42 }),
    pipeClientUser: (_fd: number, groups: readonly string[]) => token(groups),
  };
  const none = { administratorsGroupSid: undefined, sandboxGroupSid: undefined };
  return callerOfPipe(3, { ownSid: 'S-1-5-18', userMode: false, ...none, ...rules }, addon);
}

describe('the caller behind a named pipe', () => {
  it('is the token’s user, with the process for the audit log', () => {
    assert.deepEqual(callerWith(tokenIn(), {}), {
      userKey: `sid:${ALICE}`,
      callerClass: 'standardUser',
      processId: 42,
    });
  });

  it('has the class of the configured groups, each of which is checked separately', () => {
    const classIn = (groups: readonly string[], rules: Partial<PipePeerRules>) =>
      callerWith(tokenIn(...groups), rules).callerClass;
    assert.equal(classIn([OPERATORS], { administratorsGroupSid: OPERATORS }), 'administrator');
    assert.equal(classIn([APPS], { sandboxGroupSid: APPS }), 'sandboxedApp');
    assert.equal(classIn([APPS], { administratorsGroupSid: OPERATORS, sandboxGroupSid: APPS }), 'sandboxedApp');
    assert.equal(classIn([OPERATORS], { administratorsGroupSid: OPERATORS, sandboxGroupSid: APPS }), 'administrator');
    assert.equal(classIn([OPERATORS], { administratorsGroupSid: APPS }), 'standardUser');
  });

  it('is refused if Windows does not identify it', () => {
    const silent = () => {
      throw new Error('Access is denied (5), OpenProcessToken');
    };
    assert.throws(() => callerWith(silent, {}), { symbol: 'TBS_E_ACCESS_DENIED' });
    const anonymous = (asked: readonly string[]) => ({ ...tokenIn()(asked), userSid: 'S-1-5-7' });
    assert.throws(() => callerWith(anonymous, {}), /connected anonymously/);
  });
});

describe('the client’s end of a named pipe', () => {
  it('reports immediately that nobody serves the pipe', async () => {
    const addon = {
      openPipe: () => {
        throw Object.assign(new Error('The system cannot find the file specified (2), CreateFileW'), {
          code: 'ENOENT',
        });
      },
      pipeOwner: () => assert.fail('there is no pipe to ask'),
      ownToken: tokenIn(),
    };
    await assert.rejects(connectToPipe('\\\\.\\pipe\\none', addon), { code: 'ENOENT' });
  });
});

describe('names of Windows accounts', () => {
  const accounts = {
    accountSid: (name: string) => (name === 'alice' ? ALICE : undefined),
    accountName: (sid: string) => (sid === ALICE ? 'PC1\\alice' : undefined),
  };
  const names = new WindowsUserNames(accounts);

  it('map from a key to a name and back, and a SID needs no account', async () => {
    const known = await names.namesOf([`sid:${ALICE}`, 'sid:S-1-5-21-9', 'uid:0']);
    assert.deepEqual([...known], [[`sid:${ALICE}`, 'PC1\\alice']]);
    assert.equal(names.keyOf('alice'), `sid:${ALICE}`);
    assert.equal(names.keyOf('s-1-5-21-9'), 'sid:S-1-5-21-9');
    assert.equal(names.keyOf('bob'), undefined);
  });

  it('are required for the groups in the configuration', () => {
    assert.equal(groupSidOf('alice', 'administratorsGroup', accounts), ALICE);
    assert.equal(groupSidOf('S-1-5-32-544', 'administratorsGroup', accounts), 'S-1-5-32-544');
    assert.throws(() => groupSidOf('nobody', 'administratorsGroup', accounts), /which administratorsGroup names/);
    assert.throws(() => groupSidOf(1000, 'administratorsGroup', accounts), { symbol: 'TBS_E_BAD_PARAMETER' });
  });
});
