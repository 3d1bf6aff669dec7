import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TraceQuota } from '../../../ts-core/adapters/telemetry/trace-quota.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('the quota of traces', () => {
  it('gives one user a quarter of the traces of a second, and again in the next second', () => {
    const clock = new FakeClock();
    const quota = new TraceQuota(clock, 100);
    const taken = () => Array.from({ length: 200 }, () => quota.take('uid:1000')).filter(Boolean).length;
    assert.equal(taken(), 25);
    clock.advance(999);
    assert.equal(taken(), 0);
    clock.advance(1);
    assert.equal(taken(), 25);
  });

  it('leaves other users theirs while one user submits without pause', () => {
    const quota = new TraceQuota(new FakeClock(), 100);
    for (let i = 0; i < 1000; i++) quota.take('uid:1000');
    assert.equal(quota.take('uid:1001'), true);
  });

  it('never exceeds the total of a second, whoever asks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.nat(20), { maxLength: 300 }), (perSecond, users) => {
        const quota = new TraceQuota(new FakeClock(), perSecond);
        const taken = users.filter((user) => quota.take(`uid:${user}`));
        assert.ok(taken.length <= perSecond);
        for (const user of new Set(taken))
          assert.ok(taken.filter((each) => each === user).length <= Math.ceil(perSecond / 4));
      }),
    );
  });
});
