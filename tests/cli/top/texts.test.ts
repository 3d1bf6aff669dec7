import assert from 'node:assert/strict';
import { durationText, momentText } from '../../../ts-core/cli/top/texts.js';

describe('the texts of tbs top', () => {
  const at = (day: number): Date => new Date(2026, 0, day, 9, 5, 3);

  it('give the time of day, with the date if it is another day', () => {
    assert.equal(momentText(at(2).toISOString(), at(2)), '09:05:03');
    assert.equal(momentText(at(1).toISOString(), at(2)), '2026-01-01 09:05:03');
    assert.equal(momentText(at(3).toISOString(), at(2)), '2026-01-03 09:05:03');
  });

  it('give durations with three significant digits', () => {
    assert.deepEqual([1.234, 12.34, 123.4].map(durationText), ['1.23', '12.3', '123']);
  });
});
