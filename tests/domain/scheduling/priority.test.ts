import assert from 'node:assert/strict';
import {
  AGED_BAND,
  appliedPriority,
  BAND_COUNT,
  BAND_NAMES,
  bandOf,
  NORMAL_BAND,
  TBS_COMMAND_PRIORITY,
} from '../../../ts-core/domain/scheduling/priority.js';

const { LOW, NORMAL, HIGH, SYSTEM, MAX } = TBS_COMMAND_PRIORITY;
const REQUESTED = [0, LOW, 199, NORMAL, 299, HIGH, 399, SYSTEM, MAX - 1, MAX, 0xffffffff];

describe('the bands of priority', () => {
  it('start at the named priorities; a value in between belongs to the lower one', () => {
    assert.deepEqual(REQUESTED.map(bandOf), [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    assert.equal(NORMAL_BAND, bandOf(NORMAL));
  });

  it('have the aged commands above all of them', () => {
    assert.equal(AGED_BAND, bandOf(MAX) + 1);
    assert.equal(BAND_COUNT, AGED_BAND + 1);
  });

  it('are named after the priorities at which they start', () => {
    assert.equal(BAND_NAMES.length, BAND_COUNT);
    for (const [name, priority] of Object.entries(TBS_COMMAND_PRIORITY)) {
      assert.equal(BAND_NAMES[bandOf(priority)], name.toLowerCase());
    }
    assert.equal(BAND_NAMES[AGED_BAND], 'aged');
  });
});

describe('the applied priority', () => {
  it('is a named one, up to MAX for administrators', () => {
    const applied = REQUESTED.map((priority) => appliedPriority(priority, 'administrator'));
    assert.deepEqual(applied, [LOW, LOW, LOW, NORMAL, NORMAL, HIGH, HIGH, SYSTEM, SYSTEM, MAX, MAX]);
  });

  it('is at most HIGH for everybody else', () => {
    for (const callerClass of ['standardUser', 'sandboxedApp'] as const) {
      const applied = REQUESTED.map((priority) => appliedPriority(priority, callerClass));
      assert.deepEqual(applied, [LOW, LOW, LOW, NORMAL, NORMAL, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH]);
    }
  });
});
