import assert from 'node:assert/strict';
import { Events } from '../../../ts-core/application/events/events.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { FakeClock } from '../../support/fake-clock.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

function setUp(): Events {
  return new Events({ write: () => {}, lostLines: () => 0, close: async () => {} }, new FakeClock());
}

describe('stored events', () => {
  it('are not displaced by a user whose commands are refused again and again', () => {
    const events = setUp();
    events.raise('authorizationFailed', 'a guess', { caller: ALICE });
    events.raise('lockoutBegan', 'locked', { caller: ALICE });
    for (let count = 0; count < 5000; count++) events.raise('commandRefused', `refusal ${count}`, { caller: ALICE });
    events.raise('administration', 'reset', { caller: ROOT });
    const kinds = events.past(ROOT, 1003).map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(0, 3), ['authorizationFailed', 'lockoutBegan', 'commandRefused']);
    assert.equal(kinds.at(-1), 'administration');
    assert.equal(kinds.length, 1003);
  });

  it('of refusals are not displaced by another user whose commands are refused again and again', () => {
    const events = setUp();
    events.raise('commandRefused', 'of root', { caller: ROOT });
    events.raise('commandRefused', 'of nobody');
    for (let count = 0; count < 5000; count++) events.raise('commandRefused', `refusal ${count}`, { caller: ALICE });
    events.raise('commandRefused', 'of root, later', { caller: ROOT });
    const messages = events.pastRefusals(ROOT).map(({ message }) => message);
    assert.equal(messages.length, 1000);
    assert.deepEqual(messages.slice(0, 3), ['of root', 'of nobody', 'refusal 4003']);
    assert.deepEqual(messages.slice(-2), ['refusal 4999', 'of root, later']);
  });

  it('of refusals are the newest thousand, even if each has another user', () => {
    const events = setUp();
    for (let user = 0; user < 1500; user++) {
      events.raise('commandRefused', `of ${user}`, { caller: { userKey: `uid:${user}`, callerClass: 'standardUser' } });
    }
    const messages = events.pastRefusals(ROOT).map(({ message }) => message);
    assert.deepEqual([messages.length, messages[0], messages.at(-1)], [1000, 'of 500', 'of 1499']);
  });

  it('are visible to the user who caused them, and all of them to an administrator', () => {
    const events = setUp();
    events.raise('commandRefused', 'of alice', { caller: ALICE });
    events.raise('warning', 'of nobody');
    events.raise('commandRefused', 'of root', { caller: ROOT });
    const refusalsFor = (caller: Caller) => events.pastRefusals(caller).map(({ message }) => message);
    assert.deepEqual(refusalsFor(ROOT), ['of alice', 'of root']);
    assert.deepEqual(refusalsFor(ALICE), ['of alice']);
  });

  it('are returned in chronological order, the newest ones if fewer are requested', () => {
    const events = setUp();
    for (const kind of ['warning', 'commandRefused', 'listChanged', 'commandRefused'] as const) {
      events.raise(kind, kind, { caller: ALICE });
    }
    assert.deepEqual(
      events.past(ROOT, 3).map(({ kind }) => kind),
      ['commandRefused', 'listChanged', 'commandRefused'],
    );
  });
});
