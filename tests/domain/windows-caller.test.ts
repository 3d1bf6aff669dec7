import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classifyWindowsCaller, type PipePeer, type TokenFacts } from '../../ts-core/domain/windows-caller.js';

const ALICE = 'S-1-5-21-1-2-3-1001';
const BROKER = 'S-1-5-21-1-2-3-1000';
const SYSTEM_RULES = { ownSid: BROKER, userMode: false };

function token(facts: Partial<TokenFacts> = {}): TokenFacts {
  return {
    userSid: ALICE,
    isAdministrator: false,
    isAppContainer: false,
    inAdministratorsGroup: false,
    inObserversGroup: false,
    inSandboxGroup: false,
    ...facts,
  };
}

function classOf(process: Partial<TokenFacts>, user: Partial<TokenFacts> = process, rules = SYSTEM_RULES) {
  const verdict = classifyWindowsCaller({ processId: 7, process: token(process), user: token(user) }, rules);
  return verdict.ok ? verdict.caller.callerClass : verdict.reason;
}

describe('a caller by its Windows tokens', () => {
  it('is an administrator if both tokens say so, by the system’s group or the configured one', () => {
    assert.equal(classOf({}), 'standardUser');
    assert.equal(classOf({ isAdministrator: true }), 'administrator');
    assert.equal(classOf({ inAdministratorsGroup: true }), 'administrator');
    assert.equal(classOf({ userSid: 'S-1-5-18' }), 'administrator');
    assert.equal(classOf({ isAdministrator: true }, {}), 'standardUser', 'a service that acts for a user');
    assert.equal(classOf({}, { isAdministrator: true }), 'standardUser', 'a process id that was used again');
  });

  it('is a sandboxed app if either token says so, whatever else it is', () => {
    assert.equal(classOf({ isAppContainer: true, isAdministrator: true }), 'sandboxedApp');
    assert.equal(classOf({ isAdministrator: true }, { isAdministrator: true, isAppContainer: true }), 'sandboxedApp');
    assert.equal(classOf({ inSandboxGroup: true, inAdministratorsGroup: true }), 'sandboxedApp');
  });

  it('is the administrator of the broker that it runs itself, and of no other’s', () => {
    const rules = { ownSid: BROKER, userMode: true };
    assert.equal(classOf({ userSid: BROKER }, undefined, rules), 'administrator');
    assert.equal(classOf({ userSid: ALICE }, undefined, rules), 'standardUser');
    assert.equal(classOf({ userSid: BROKER }, undefined, SYSTEM_RULES), 'standardUser');
  });

  it('is refused if it does not identify itself', () => {
    assert.equal(classOf({ isAdministrator: true }, { userSid: 'S-1-5-7' }), 'anonymous');
  });

  it('is the user of the impersonation token, with no more rights than either token has', () => {
    const rank = { sandboxedApp: 0, standardUser: 1, administrator: 2 };
    const facts = fc.record({
      userSid: fc.constantFrom(ALICE, BROKER, 'S-1-5-18'),
      isAdministrator: fc.boolean(),
      isAppContainer: fc.boolean(),
      inAdministratorsGroup: fc.boolean(),
      inObserversGroup: fc.boolean(),
      inSandboxGroup: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, facts, fc.boolean(), (process, user, userMode) => {
        const rules = { ownSid: BROKER, userMode };
        const classify = (peer: Omit<PipePeer, 'processId'>) => {
          const verdict = classifyWindowsCaller({ processId: 7, ...peer }, rules);
          assert.ok(verdict.ok);
          return verdict.caller;
        };
        const caller = classify({ process, user });
        assert.equal(caller.userKey, `sid:${user.userSid}`);
        const each = [classify({ process, user: process }), classify({ process: user, user })];
        const weakest = Math.min(...each.map(({ callerClass }) => rank[callerClass]));
        assert.equal(rank[caller.callerClass], weakest);
      }),
    );
  });
});
