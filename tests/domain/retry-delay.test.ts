import assert from 'node:assert/strict';
import { RetryDelay } from '../../ts-core/domain/retry-delay.js';

function nextDelays(delay: RetryDelay, count: number): number[] {
  return Array.from({ length: count }, () => delay.next());
}

describe('the delay before a retry', () => {
  it('doubles from the first to the longest, and stays there', () => {
    assert.deepEqual(nextDelays(new RetryDelay(500, 5000), 6), [500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('starts again with the first after a success', () => {
    const delay = new RetryDelay(10, 1000);
    nextDelays(delay, 3);
    delay.reset();
    assert.deepEqual(nextDelays(delay, 2), [10, 20]);
  });

  it('is of each user’s own', () => {
    const [first, second] = [new RetryDelay(1, 4), new RetryDelay(1, 4)];
    nextDelays(first, 2);
    assert.equal(second.next(), 1);
  });
});
