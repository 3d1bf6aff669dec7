import assert from 'node:assert/strict';
import { LinkedLine } from '../../../ts-core/domain/scheduling/linked-line.js';
import {
  type ContextLine,
  type Entry,
  highestBand,
  oldestOf,
  type UserLine,
  waitingByBand,
} from '../../../ts-core/domain/scheduling/queue-lines.js';

const lineOf = (...waiting: readonly number[]) => ({ waitingByBand: [...waiting] }) as unknown as ContextLine<string>;

describe('the waiting commands of a context', () => {
  it('give it the highest band in which one of them waits', () => {
    assert.equal(highestBand(lineOf(1, 0, 2, 0)), 2);
    assert.equal(highestBand(lineOf(3, 0, 0, 0)), 0);
    assert.equal(highestBand(lineOf(0, 0, 0, 1)), 3);
  });

  it('give it no band while none waits', () => {
    assert.equal(highestBand(lineOf(0, 0, 0, 0)), -1);
  });

  it('are served in the order of their arrival', () => {
    const line = new LinkedLine<Entry<string>>();
    const entry = (command: string) => ({ command, previous: undefined, next: undefined }) as unknown as Entry<string>;
    for (const command of ['first', 'second']) line.push(entry(command));
    assert.equal(oldestOf({ line } as unknown as ContextLine<string>), 'first');
  });
});

describe('the waiting commands of a user', () => {
  const userWith = (...contexts: readonly ContextLine<string>[]) =>
    ({ contexts: new Map(contexts.entries()) }) as unknown as UserLine<string>;

  it('are counted by band over all contexts', () => {
    assert.deepEqual(waitingByBand(userWith(lineOf(1, 0, 2, 0), lineOf(3, 0, 1, 4))), [4, 0, 3, 4, 0, 0]);
  });

  it('are none in any band without a context', () => {
    assert.deepEqual(new Set(waitingByBand(userWith())), new Set([0]));
  });
});
