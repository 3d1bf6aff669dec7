import assert from 'node:assert/strict';
import { isEventActionName, nameOfScript, startsAction } from '../../../ts-core/domain/event-actions/event-action.js';

const ACTIONS_USER = 'uid:990';
const LOCKOUT = { kind: 'lockoutBegan', userKey: 'uid:1000', details: {} };
const NOTIFY = { kinds: ['lockoutBegan', 'warning'] };

describe('an event action', () => {
  it('is started by events of its kinds, with or without a user who caused them', () => {
    assert.equal(startsAction(LOCKOUT, NOTIFY, ACTIONS_USER), true);
    assert.equal(startsAction({ kind: 'warning', details: {} }, NOTIFY, ACTIONS_USER), true);
    assert.equal(startsAction({ ...LOCKOUT, kind: 'lockoutEnded' }, NOTIFY, ACTIONS_USER), false);
  });

  it('is not started by what the actions’ own user causes, by changes of actions, or while it is disabled', () => {
    assert.equal(startsAction({ ...LOCKOUT, userKey: ACTIONS_USER }, NOTIFY, ACTIONS_USER), false);
    assert.equal(startsAction({ ...LOCKOUT, details: { eventAction: 'notify' } }, NOTIFY, ACTIONS_USER), false);
    const disabled = { ...NOTIFY, disabled: { since: '2026-01-01T00:00:00.000Z', reason: 'It failed.' } };
    assert.equal(startsAction(LOCKOUT, disabled, ACTIONS_USER), false);
    assert.equal(startsAction({ kind: 'warning', details: {} }, NOTIFY, undefined), true);
  });

  it('has a short name of letters, digits, dots, dashes and underscores', () => {
    for (const name of ['notify', 'a', 'Notify-2.beta_1', 'x'.repeat(64)]) assert.ok(isEventActionName(name), name);
    for (const name of ['', '.hidden', '-x', 'a b', '../a', 'a/b', 'x'.repeat(65), 'é', 'a\n']) {
      assert.ok(!isEventActionName(name), name);
    }
  });

  it('is named after its script', () => {
    assert.equal(nameOfScript('/etc/tpmtbs/actions.d/notify.ps1'), 'notify');
    assert.equal(nameOfScript('/a/Mail.PS1'), 'Mail');
    assert.equal(nameOfScript('/'), '');
  });
});
