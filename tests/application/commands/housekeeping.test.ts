/** Tests which commands wait for the broker's own exchanges. */
import assert from 'node:assert/strict';
import { type ChoreUrgency, Housekeeping } from '../../../ts-core/application/commands/housekeeping.js';

class TestHousekeeping extends Housekeeping {
  readonly #names = new Map<unknown, string>();

  adds(name: string, urgency: ChoreUrgency = {}): void {
    const chore = { work: () => Promise.resolve(), resolve: () => {}, reject: () => {} };
    this.#names.set(chore, name);
    this.add(chore, urgency);
  }

  /** Returns the names of the housekeeping taken until none is left, with `command` where a command runs instead. */
  order(commands: number, beyondShare: readonly string[] = []): string[] {
    const order: string[] = [];
    let waiting = commands;
    while (this.size > 0 || waiting > 0) {
      const chore = this.next(waiting > 0, (userKey) => !beyondShare.includes(userKey));
      if (chore === undefined) {
        waiting--;
        this.commandTaken();
      }
      order.push(chore === undefined ? 'command' : (this.#names.get(chore) ?? ''));
    }
    return order;
  }
}

describe('housekeeping', () => {
  it('precedes the commands if it is the broker’s own', () => {
    const housekeeping = new TestHousekeeping();
    for (const name of ['a', 'b']) housekeeping.adds(name);
    assert.deepEqual(housekeeping.order(1), ['a', 'b', 'command']);
  });

  it('runs one at a time between commands if callers request it', () => {
    const housekeeping = new TestHousekeeping();
    for (const name of ['a', 'b', 'c']) housekeeping.adds(name, { yieldsToCommands: true });
    assert.deepEqual(housekeeping.order(2), ['a', 'command', 'b', 'command', 'c']);
  });

  it('of a user precedes the commands, and runs between them once the user is beyond a fair share', () => {
    const housekeeping = new TestHousekeeping();
    for (const name of ['a1', 'a2', 'a3']) housekeeping.adds(name, { userKey: 'alice' });
    housekeeping.adds('b1', { userKey: 'bob' });
    assert.deepEqual(housekeeping.order(3, ['alice']), ['b1', 'a1', 'command', 'a2', 'command', 'a3', 'command']);
    for (const name of ['a1', 'a2']) housekeeping.adds(name, { userKey: 'alice' });
    assert.deepEqual(housekeeping.order(2), ['a1', 'a2', 'command', 'command']);
  });

  it('alternates between users', () => {
    const housekeeping = new TestHousekeeping();
    for (const name of ['a1', 'a2', 'a3']) housekeeping.adds(name, { userKey: 'alice' });
    for (const name of ['b1', 'b2']) housekeeping.adds(name, { userKey: 'bob' });
    assert.deepEqual(housekeeping.order(0), ['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('of a user does not wait for other users who have none left', () => {
    const housekeeping = new TestHousekeeping();
    for (const user of ['alice', 'carol', 'dave']) housekeeping.adds(user, { userKey: user });
    assert.deepEqual(housekeeping.order(0), ['alice', 'carol', 'dave']);
    housekeeping.adds('bob', { userKey: 'bob' });
    assert.deepEqual(housekeeping.order(1), ['bob', 'command']);
  });

  it('is never delayed if no command waits', () => {
    const housekeeping = new TestHousekeeping();
    for (const name of ['a', 'b', 'c']) housekeeping.adds(name, { yieldsToCommands: true });
    assert.deepEqual(housekeeping.order(0), ['a', 'b', 'c']);
  });

  it('of the broker precedes earlier housekeeping of users', () => {
    const housekeeping = new TestHousekeeping();
    housekeeping.adds('question', { yieldsToCommands: true });
    housekeeping.adds('a1', { userKey: 'alice' });
    housekeeping.adds('own');
    assert.deepEqual(housekeeping.order(0), ['own', 'a1', 'question']);
  });

  it('is returned as a whole, once, when the dispatcher ends', () => {
    const housekeeping = new TestHousekeeping();
    housekeeping.adds('question', { yieldsToCommands: true });
    for (const name of ['a1', 'a2']) housekeeping.adds(name, { userKey: 'alice' });
    housekeeping.adds('own');
    assert.equal(housekeeping.removeAll().length, 4);
    assert.equal(housekeeping.size, 0);
    assert.deepEqual(housekeeping.removeAll(), []);
    assert.deepEqual(housekeeping.order(0), []);
  });

  it('delays no command if there is none', () => {
    const housekeeping = new TestHousekeeping();
    const within = () => true;
    assert.equal(housekeeping.next(true, within), undefined);
    housekeeping.adds('question', { yieldsToCommands: true });
    assert.ok(housekeeping.next(true, within) !== undefined);
  });

  it('keeps no record of a user without further requests', () => {
    const housekeeping = new TestHousekeeping();
    housekeeping.adds('a1', { userKey: 'alice' });
    housekeeping.adds('b1', { userKey: 'bob' });
    assert.deepEqual(housekeeping.order(0), ['a1', 'b1']);
    assert.equal(
      housekeeping.next(false, () => true),
      undefined,
    );
    assert.equal(housekeeping.size, 0);
  });
});
