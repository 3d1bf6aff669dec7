import assert from 'node:assert/strict';
import {
  GOALS,
  isLoaded,
  type Judged,
  LOADED_SHARE,
  missedGoals,
  worstShare,
} from '../../../bench/hostile/judgement.js';

const MET = GOALS.map(({ goal }) => goal);
const IDLE: Judged = { figures: MET, without: [1, 1, 1], shareOfOthers: LOADED_SHARE };

function withFigure(column: number, figure: number, judged: Judged = IDLE): Judged {
  return { ...judged, figures: judged.figures.map((other, index) => (index === column ? figure : other)) };
}

function missedBy(judged: Judged): readonly number[] {
  return missedGoals(judged).flatMap((isMissed, column) => (isMissed ? [column] : []));
}

describe('the judgement of an attack', () => {
  it('on an idle machine is each goal of the table, whatever the calls without an attacker took', () => {
    assert.equal(isLoaded(IDLE), false);
    assert.deepEqual(missedBy(IDLE), []);
    for (const [column, { goal }] of GOALS.entries()) {
      const slowMachine = { ...IDLE, without: [1000, 1000, 1000] };
      assert.deepEqual(missedBy(withFigure(column, goal * 1.01, slowMachine)), [column]);
    }
  });

  it('on a loaded machine allows a time twice that without an attacker, and the goal where that is more', () => {
    const loaded: Judged = { ...IDLE, without: [30, 30, 3], shareOfOthers: LOADED_SHARE + 0.01 };
    assert.equal(isLoaded(loaded), true);
    assert.deepEqual(missedBy(withFigure(0, 60, loaded)), []);
    assert.deepEqual(missedBy(withFigure(0, 61, loaded)), [0]);
    assert.deepEqual(missedBy(withFigure(2, 50, loaded)), []);
    assert.deepEqual(missedBy(withFigure(2, 51, loaded)), [2]);
  });

  it('on a loaded machine allows no more memory, no longer after-effect and no more lines', () => {
    const loaded: Judged = { ...IDLE, without: [1000, 1000, 1000], shareOfOthers: 1 };
    for (const column of [3, 4, 5, 6]) {
      assert.deepEqual(missedBy(withFigure(column, (MET[column] ?? 0) * 1.01, loaded)), [column]);
    }
  });

  it('is a miss if nothing was served, so that there is no figure', () => {
    assert.deepEqual(missedBy(withFigure(1, Number.NaN)), [1]);
  });

  it('ranks attacks by the goal that they come nearest to', () => {
    assert.equal(worstShare(withFigure(3, 128)), 2);
    assert.equal(worstShare({ ...IDLE, figures: MET.map(() => 0) }), 0);
  });
});
