import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FailuresInARow,
  type RunResult,
  restartDelayMs,
  startLimitMs,
} from '../../../ts-core/domain/event-actions/failures.js';

const FAILURES: readonly RunResult[] = ['failed', 'timedOut', 'crashed', 'refused'];

describe('failures of event actions', () => {
  it('disable an action once, at the fifth in a row, whatever their kinds', () => {
    const failures = new FailuresInARow();
    const five: readonly RunResult[] = [...FAILURES, 'failed'];
    assert.deepEqual(
      five.map((result) => failures.count('a', result)),
      [false, false, false, false, true],
    );
    assert.equal(failures.count('a', 'failed'), false);
    assert.equal(failures.of('b'), 0);
  });

  it('disable exactly when the last five results of the action are failures and the one before was none', () => {
    const results = fc.array(fc.constantFrom<RunResult>('succeeded', ...FAILURES), { maxLength: 60 });
    fc.assert(
      fc.property(results, (all) => {
        const failures = new FailuresInARow();
        for (const [index, result] of all.entries()) {
          const before = all.slice(0, index + 1);
          const inARow = before.length - 1 - before.lastIndexOf('succeeded');
          assert.equal(failures.count('a', result), inARow === 5);
        }
      }),
    );
  });

  it('are forgotten with the action', () => {
    const failures = new FailuresInARow();
    failures.count('a', 'failed');
    failures.forget('a');
    assert.equal(failures.of('a'), 0);
  });
});

describe('the delay before a worker starts again', () => {
  it('doubles from a second to a minute, and is none after a run that succeeded', () => {
    assert.deepEqual([0, 1, 2, 3, 6, 7, 50].map(restartDelayMs), [0, 1000, 2000, 4000, 32_000, 60_000, 60_000]);
  });
});

describe('the time that a worker has to start', () => {
  it('doubles with each ending, up to ten minutes', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 50].map(startLimitMs), [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });
});
