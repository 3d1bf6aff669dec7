/** Tests what the command queue remembers of users and contexts, and for how long. */
import assert from 'node:assert/strict';
import { CommandQueue, type SavesSwap } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TBS_COMMAND_PRIORITY } from '../../../ts-core/domain/scheduling/priority.js';

const { NORMAL, HIGH } = TBS_COMMAND_PRIORITY;
const REMEMBERED_USERS = 4096;
const always = () => true;

interface TestCommand {
  readonly userKey: string;
  readonly contextId: number;
  readonly priority: number;
  readonly isHeldToShare: boolean;
}

class TestQueue extends CommandQueue<TestCommand> {
  constructor() {
    super({ agingHorizonMs: 1e9, longestRun: 4 });
  }

  waits(userKey: string, contextId = 1, priority: number = NORMAL): void {
    this.push({ userKey, contextId, priority, isHeldToShare: true }, 0);
  }

  /** Returns who is served, as `user context`. */
  serves(times: number, nowMs = 0, savesSwap?: SavesSwap<TestCommand>): string[] {
    return Array.from({ length: times }, () => {
      const { userKey, contextId } = this.next(nowMs, savesSwap) ?? { userKey: 'nobody', contextId: 0 };
      return `${userKey} ${contextId}`;
    });
  }

  /** Adds a command of a user and removes it again. */
  visits(userKey: string): void {
    this.waits(userKey);
    this.removeContext(userKey, 1);
  }
}

describe('the queue’s counts', () => {
  it('are the user’s and the context’s, and 0 for unknown ones', () => {
    const queue = new TestQueue();
    for (const contextId of [1, 1, 2]) queue.waits('a', contextId);
    queue.waits('a', 1, HIGH);
    assert.deepEqual([queue.waitingOfUser('a'), queue.waitingOfUser('b')], [4, 0]);
    const ofContexts = [1, 2, 3].map((contextId) => queue.waitingOfContext('a', contextId));
    assert.deepEqual([...ofContexts, queue.waitingOfContext('b', 1)], [3, 1, 0, 0]);
    queue.serves(1);
    assert.deepEqual([queue.waitingOfUser('a'), queue.waitingOfContext('a', 1)], [3, 2]);
  });

  it('can be read for unknown ones, which can also be removed and forgotten', () => {
    const queue = new TestQueue();
    assert.deepEqual(queue.removeContext('a', 1), []);
    queue.charge('a', 5, 5);
    queue.forgetContext('a', 1);
    assert.equal(queue.isWithinShare('a', 0), true);
    queue.waits('a');
    assert.deepEqual(queue.removeContext('a', 2), []);
    assert.equal(queue.size, 1);
  });
});

describe('a context', () => {
  it('that returns has its previous place, and one that was forgotten counts as new', () => {
    for (const [isForgotten, expected] of [
      [false, ['a 1', 'a 2']],
      [true, ['a 2', 'a 1']],
    ] as const) {
      const queue = new TestQueue();
      queue.waits('a', 1);
      assert.deepEqual(queue.serves(1), ['a 1']);
      if (isForgotten) queue.forgetContext('a', 1);
      queue.waits('a', 2);
      queue.waits('a', 1);
      assert.deepEqual(queue.serves(2), expected);
    }
  });

  it('does not end another one’s run when it is forgotten', () => {
    const queue = new TestQueue();
    for (const contextId of [1, 1, 1, 2]) queue.waits('a', contextId);
    queue.waits('a', 3);
    queue.removeContext('a', 3);
    assert.deepEqual(queue.serves(1, 0, always), ['a 1']);
    queue.forgetContext('a', 3);
    assert.deepEqual(queue.serves(2, 0, always), ['a 1', 'a 1']);
  });

  it('uses up its run also while no other context of its user waits', () => {
    const betweenContexts: SavesSwap<TestCommand> = (kept, other) => kept.contextId !== other.contextId;
    const queue = new TestQueue();
    for (const contextId of [1, 1, 1, 1, 1, 1]) queue.waits('a', contextId);
    assert.deepEqual(queue.serves(3, 0, betweenContexts), ['a 1', 'a 1', 'a 1']);
    queue.waits('a', 2);
    assert.deepEqual(queue.serves(3, 0, betweenContexts), ['a 1', 'a 2', 'a 1']);
  });

  it('strictly alternates with the others of its user unless a run saves a swap', () => {
    const queue = new TestQueue();
    for (const contextId of [1, 1, 2, 2]) queue.waits('a', contextId);
    assert.deepEqual(queue.serves(4), ['a 1', 'a 2', 'a 1', 'a 2']);
  });
});

describe('a user without commands', () => {
  /**
   * After `others` further users have come and gone, whether it is still known that the first one had the TPM all the
   * time.
   */
  const isRemembered = (others: number): boolean => {
    const queue = new TestQueue();
    queue.visits('greedy');
    queue.charge('greedy', 1e6, 1000);
    for (let index = 0; index < others; index++) queue.visits(`u${index}`);
    queue.waits('u0');
    queue.waits('u1');
    return !queue.isWithinShare('greedy', 1000);
  };

  it('is remembered up to a limited number of users', () => {
    assert.equal(isRemembered(REMEMBERED_USERS - 1), true);
    assert.equal(isRemembered(REMEMBERED_USERS), false);
  });

  it('is the only kind that is forgotten: users who wait are not', () => {
    const queue = new TestQueue();
    queue.waits('patient');
    for (let index = 0; index < REMEMBERED_USERS; index++) queue.visits(`u${index}`);
    assert.equal(queue.waitingOfUser('patient'), 1);
    assert.deepEqual(queue.serves(2), ['patient 1', 'nobody 0']);
  });
});

describe('a user beyond a fair share', () => {
  it('is not one who had all the time of the TPM while nobody else waited', () => {
    const queue = new TestQueue();
    queue.waits('a');
    queue.charge('a', 1e6, 1000);
    assert.equal(queue.isWithinShare('a', 1000), true);
    queue.waits('b');
    assert.equal(queue.isWithinShare('a', 1000), false);
  });

  it('is restricted only while others wait', () => {
    const queue = new TestQueue();
    for (const userKey of ['a', 'b']) queue.waits(userKey);
    queue.charge('a', 60, 1000);
    assert.equal(queue.isWithinShare('a', 1000), false);
    queue.removeContext('b', 1);
    assert.equal(queue.isWithinShare('a', 1000), true);
    queue.waits('b');
    assert.equal(queue.isWithinShare('a', 1000), false);
    queue.serves(2, 1000);
    assert.equal(queue.isWithinShare('a', 1000), true);
  });

  it('has priority again as soon as the share is fair, even for a command that has waited meanwhile', () => {
    const queue = new TestQueue();
    for (const userKey of ['b', 'c', 'a']) queue.waits(userKey);
    queue.serves(3);
    for (const userKey of ['b', 'c']) queue.waits(userKey);
    queue.waits('a', 1, HIGH);
    queue.charge('a', 1e6, 1000);
    assert.deepEqual(queue.serves(1, 1000), ['b 1'], 'his HIGH counts as NORMAL');
    queue.waits('b');
    assert.deepEqual(queue.serves(2, 2000), ['a 1', 'c 1']);
  });

  it('is served by priority among the user’s own contexts, in whatever order they arrived', () => {
    for (const contexts of [
      [
        [2, NORMAL],
        [1, HIGH],
      ],
      [
        [1, HIGH],
        [2, NORMAL],
      ],
    ] as const) {
      const queue = new TestQueue();
      queue.waits('b');
      for (const [contextId, priority] of contexts) queue.waits('a', contextId, priority);
      queue.waits('c');
      queue.charge('a', 1e6, 1000);
      assert.deepEqual(queue.serves(4, 1000), ['b 1', 'a 1', 'c 1', 'a 2']);
    }
  });
});
