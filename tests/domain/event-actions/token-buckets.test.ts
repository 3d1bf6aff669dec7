import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TokenBuckets } from '../../../ts-core/domain/event-actions/token-buckets.js';

const MINUTE = 60_000;

describe('token buckets', () => {
  it('grant a burst, then their rate, and never more than the burst after a pause', () => {
    const buckets = new TokenBuckets({ burst: 3, perMinute: 6 });
    const taken = (count: number, at: number) => Array.from({ length: count }, () => buckets.take('alice', at));
    assert.deepEqual(taken(4, 0), [true, true, true, false]);
    assert.deepEqual(taken(2, 10_000), [true, false]);
    assert.deepEqual(taken(4, 100 * MINUTE), [true, true, true, false]);
  });

  it('are separate for each key', () => {
    const buckets = new TokenBuckets({ burst: 1, perMinute: 1 });
    assert.deepEqual([buckets.take('alice', 0), buckets.take('alice', 0), buckets.take('bob', 0)], [true, false, true]);
  });

  it('never grant more in any time than the burst and what was gained since, whatever the order of calls', () => {
    const size = { burst: 4, perMinute: 6 };
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30_000 }), { minLength: 1, maxLength: 200 }), (pauses) => {
        const buckets = new TokenBuckets(size);
        let now = 0;
        const grantedAt = pauses.flatMap((pause) => {
          now += pause;
          return buckets.take('alice', now) ? [now] : [];
        });
        for (const [first, from] of grantedAt.entries()) {
          for (let last = first; last < grantedAt.length; last++) {
            const gained = (((grantedAt[last] as number) - from) * size.perMinute) / MINUTE;
            assert.ok(last - first + 1 <= size.burst + gained + 1e-6);
          }
        }
      }),
    );
  });

  it('forget keys, full buckets first, so that inventing users does not grow the memory', () => {
    const buckets = new TokenBuckets({ burst: 2, perMinute: 1 });
    for (let user = 0; user < 3000; user++) buckets.take(`user ${user}`, 0);
    assert.equal(buckets.size, 1024);
    buckets.take('late', 10 * MINUTE);
    buckets.take('late', 10 * MINUTE);
    for (let user = 0; user < 1000; user++) buckets.take(`other ${user}`, 10 * MINUTE);
    assert.equal(buckets.take('late', 10 * MINUTE), false);
  });
});
