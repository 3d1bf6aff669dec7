import { strict as assert } from 'node:assert';
import type { EndedCommand } from '../../../ts-core/application/commands/command-meter.js';
import {
  CommandActivityCounter,
  LONGEST_PERIOD_SECONDS,
} from '../../../ts-core/application/status/command-activity.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { FakeClock } from '../../support/fake-clock.js';

const { Sign: SIGN, GetRandom: GET_RANDOM } = TPM_CC;

function answered(code: number, durationMs: number): EndedCommand {
  return { code, callerClass: 'administrator', result: 'success', times: { waitMs: 0, durationMs } };
}

function refused(code: number | undefined): EndedCommand {
  return { code, callerClass: 'standardUser', result: 'blocked', times: undefined };
}

describe('the recent activity', () => {
  it('counts answered and unanswered commands by code, most frequent first', () => {
    const clock = new FakeClock();
    const recent = new CommandActivityCounter(clock);
    clock.advance(10_000);
    recent.count(answered(GET_RANDOM, 4));
    recent.count(answered(SIGN, 10));
    recent.count(answered(SIGN, 30));
    recent.count(refused(SIGN));
    assert.deepEqual(recent.during(5).commands, [
      { code: SIGN, answered: 2, unanswered: 1, totalMs: 40, longestMs: 30 },
      { code: GET_RANDOM, answered: 1, unanswered: 0, totalMs: 4, longestMs: 4 },
    ]);
  });

  it('counts malformed submissions under no code', () => {
    const recent = new CommandActivityCounter(new FakeClock());
    recent.count(refused(undefined));
    assert.deepEqual(
      recent.during(1).commands.map(({ code, unanswered }) => [code, unanswered]),
      [[undefined, 1]],
    );
  });

  it('forgets commands that ended before the period', () => {
    const clock = new FakeClock();
    const recent = new CommandActivityCounter(clock);
    recent.count(answered(SIGN, 10));
    clock.advance(5_000);
    assert.equal(recent.during(5).commands.length, 1);
    assert.equal(recent.during(4).commands.length, 0);
  });

  it('reuses the slot of a second that lies further back than the longest period', () => {
    const clock = new FakeClock();
    const recent = new CommandActivityCounter(clock);
    recent.count(answered(SIGN, 10));
    clock.advance((LONGEST_PERIOD_SECONDS + 1) * 1000);
    recent.count(answered(SIGN, 20));
    assert.deepEqual(
      recent.during(LONGEST_PERIOD_SECONDS).commands.map(({ totalMs }) => totalMs),
      [20],
    );
  });

  it('covers no time before the broker started', () => {
    const clock = new FakeClock();
    const recent = new CommandActivityCounter(clock);
    clock.advance(2_500);
    assert.equal(recent.during(10).periodMs, 2_500);
  });
});
