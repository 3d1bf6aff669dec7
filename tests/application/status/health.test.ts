import assert from 'node:assert/strict';
import { HealthRecord } from '../../../ts-core/application/status/health.js';

const warning = (id: string) => ({ id, message: `${id} is wrong.`, action: `Mend ${id}.` });
const LOST = { sinceMs: 1500, message: 'Its device is gone.', action: 'See dmesg.' };

describe('the health of the broker', () => {
  it('is "works" since the start while there is nothing to report', () => {
    const record = new HealthRecord(1000);
    assert.deepEqual(record.note([], undefined, 2000), { state: 'works', sinceMs: 1000, warnings: [] });
  });

  it('is "degraded" since the first of the current warnings', () => {
    const record = new HealthRecord(1000);
    record.note([warning('a')], undefined, 2000);
    const { state, sinceMs, warnings } = record.note([warning('a'), warning('b')], undefined, 3000);
    assert.equal(state, 'degraded');
    assert.equal(sinceMs, 2000);
    assert.deepEqual(
      warnings.map(({ id, sinceMs: since }) => [id, since]),
      [
        ['a', 2000],
        ['b', 3000],
      ],
    );
  });

  it('forgets a warning that has gone, and gives it a new date when it returns', () => {
    const record = new HealthRecord(1000);
    record.note([warning('a')], undefined, 2000);
    assert.deepEqual(record.note([], undefined, 3000), { state: 'works', sinceMs: 3000, warnings: [] });
    assert.equal(record.note([], undefined, 4000).sinceMs, 3000);
    assert.equal(record.note([warning('a')], undefined, 5000).sinceMs, 5000);
  });

  it('is "down" since the TPM was lost, and reports that first', () => {
    const record = new HealthRecord(1000);
    const { state, sinceMs, warnings } = record.note([warning('a')], LOST, 2000);
    assert.equal(state, 'down');
    assert.equal(sinceMs, 1500);
    assert.deepEqual(warnings[0], { id: 'tpmLost', message: LOST.message, action: LOST.action, sinceMs: 1500 });
    assert.equal(warnings.length, 2);
    assert.deepEqual(record.note([], undefined, 3000), { state: 'works', sinceMs: 3000, warnings: [] });
  });
});
