import assert from 'node:assert/strict';
import fc from 'fast-check';
import { roleOf } from '../../ts-core/domain/caller.js';
import { classifyUnixCaller, type UnixCallerRules } from '../../ts-core/domain/unix-caller.js';

const rules: UnixCallerRules = {
  ownUid: 990,
  userMode: false,
  administratorsGroupGid: 500,
  sandboxGroupGid: 600,
  overflowUid: 65534,
};

function classOf(uid: number, gid: number, groups: readonly number[], overrides: Partial<UnixCallerRules> = {}) {
  const verdict = classifyUnixCaller({ uid, gid, groups }, { ...rules, ...overrides });
  return verdict.ok ? verdict.caller.callerClass : verdict.reason;
}

describe('the class of a Unix caller', () => {
  it('is administrator for root', () => assert.equal(classOf(0, 0, []), 'administrator'));
  it('is standard user for everybody else', () => assert.equal(classOf(1000, 1000, [1000, 27]), 'standardUser'));
  it("is administrator for the broker's own user only in user mode", () => {
    assert.equal(classOf(990, 990, []), 'standardUser');
    assert.equal(classOf(990, 990, [], { userMode: true }), 'administrator');
    assert.equal(classOf(1000, 1000, [], { userMode: true }), 'standardUser');
  });
  it('is administrator for members of the administrators group, by primary or supplementary group', () => {
    assert.equal(classOf(1000, 500, []), 'administrator');
    assert.equal(classOf(1000, 1000, [1, 500]), 'administrator');
    assert.equal(classOf(1000, 500, [500], { administratorsGroupGid: undefined }), 'standardUser');
  });
  it('is sandboxed app for members of the sandbox group, whatever else they are', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 990, 1000), fc.boolean(), fc.boolean(), (uid, primary, userMode) => {
        const groups = primary ? [500] : [500, 600];
        assert.equal(classOf(uid, primary ? 600 : 1, groups, { userMode }), 'sandboxedApp');
      }),
    );
  });
  it('makes the service of event actions an observer that reports runs, and nobody else', () => {
    const withService = { ...rules, eventActionsUid: 995 };
    const callerOf = (uid: number) => {
      const verdict = classifyUnixCaller({ uid, gid: 1, groups: [] }, withService);
      return verdict.ok ? verdict.caller : undefined;
    };
    assert.deepEqual([callerOf(995)?.isObserver, callerOf(995)?.runsEventActions], [true, true]);
    assert.deepEqual([callerOf(996)?.isObserver, callerOf(996)?.runsEventActions], [undefined, undefined]);
    assert.equal(callerOf(0)?.runsEventActions, undefined);
  });

  it('makes members of the observers group and named users observers, unless they are sandboxed or administrators', () => {
    const roleFor = (uid: number, gid: number, overrides: Partial<UnixCallerRules> = {}) => {
      const observing = { observersGroupGid: 700, observerUids: [1001, 65534], ...overrides };
      const verdict = classifyUnixCaller({ uid, gid, groups: [gid] }, { ...rules, ...observing });
      return verdict.ok ? roleOf(verdict.caller) : verdict.reason;
    };
    assert.equal(roleFor(1000, 700), 'observer');
    assert.equal(roleFor(1001, 1), 'observer');
    assert.equal(roleFor(1000, 1), 'standardUser');
    assert.equal(roleFor(1000, 700, { observersGroupGid: undefined }), 'standardUser');
    assert.equal(roleFor(1001, 600), 'sandboxedApp');
    assert.equal(roleFor(1001, 500), 'administrator');
    assert.equal(roleFor(65534, 700, { overflowUserUid: 65534 }), 'standardUser');
  });
  it('is refused for the overflow user, even in the administrators group', () => {
    assert.equal(classOf(65534, 500, [500]), 'overflowUid');
  });
  it('is that of an ordinary user for the configured overflow user, whatever the groups', () => {
    const named = { overflowUserUid: 65534 };
    assert.equal(classOf(65534, 500, [500], named), 'standardUser');
    assert.equal(classOf(65534, 65534, [600], named), 'sandboxedApp');
    assert.equal(classOf(65534, 65534, [], { overflowUserUid: 990, userMode: true }), 'standardUser');
  });
  it('belongs to the user whom the configuration names as the overflow user', () => {
    const verdict = classifyUnixCaller(
      { uid: 65534, gid: 65534, groups: [], pid: 7 },
      { ...rules, overflowUserUid: 1000 },
    );
    assert.deepEqual(verdict, {
      ok: true,
      caller: { userKey: 'uid:1000', callerClass: 'standardUser', processId: 7 },
    });
  });
  it('is sandboxed app of the owner for a subordinate id, whatever its groups', () => {
    const ownerOfSubordinateUid = (uid: number) => (uid >= 100_000 && uid < 165_536 ? 1000 : undefined);
    for (const uid of [100_000, 165_535]) {
      const verdict = classifyUnixCaller({ uid, gid: 500, groups: [500], pid: 7 }, { ...rules, ownerOfSubordinateUid });
      assert.deepEqual(verdict, {
        ok: true,
        caller: { userKey: 'uid:1000', callerClass: 'sandboxedApp', processId: 7 },
      });
    }
    assert.equal(classOf(165_536, 1, [], { ownerOfSubordinateUid }), 'standardUser');
  });
  it('identifies a user by the id, and records the process for the audit log', () => {
    assert.deepEqual(classifyUnixCaller({ uid: 1000, gid: 1, groups: [], pid: 42 }, rules), {
      ok: true,
      caller: { userKey: 'uid:1000', callerClass: 'standardUser', processId: 42 },
    });
  });
});
