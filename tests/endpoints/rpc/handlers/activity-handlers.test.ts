import assert from 'node:assert/strict';
import { TPM_CC } from '../../../../ts-core/domain/tpm20/codes.js';
import { activityHandlers } from '../../../../ts-core/endpoints/rpc/handlers/activity-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const RANDOM = { code: TPM_CC.GetRandom, answered: 6, unanswered: 2, totalMs: 30, longestMs: 11 };
const NO_COMMAND = { code: undefined, answered: 0, unanswered: 4, totalMs: 0, longestMs: 0 };

function activityOf(periodMs: number, commands: readonly (typeof RANDOM | typeof NO_COMMAND)[], seconds?: number) {
  const asked: number[] = [];
  const handlers = activityHandlers(
    applicationWith({
      recentCommands: {
        during: (period) => {
          asked.push(period);
          return { periodMs, commands };
        },
      },
      status: { device: { version: '2.0' } } as never,
    }),
  );
  const activity = handlers.activityGet(sessionOf(ROOT), seconds === undefined ? undefined : { seconds });
  return { asked, activity };
}

describe('the handler of activity', () => {
  it('returns rates and durations by command, including submissions without a context', async () => {
    const { activity } = activityOf(2000, [RANDOM, NO_COMMAND]);
    const random = { code: TPM_CC.GetRandom, name: 'TPM2_GetRandom (0x17B)', perSecond: 3, unansweredPerSecond: 1 };
    assert.deepEqual(await activity, {
      periodSeconds: 2,
      perSecond: 3,
      commands: [
        { ...random, meanMs: 5, longestMs: 11 },
        { code: null, name: 'other', perSecond: 0, unansweredPerSecond: 2, meanMs: 0, longestMs: 0 },
      ],
    });
  });

  it('covers ten seconds unless the caller asks for another period', () => {
    assert.deepEqual(activityOf(1000, []).asked, [10]);
    assert.deepEqual(activityOf(1000, [], 3).asked, [3]);
  });

  it('does not divide by zero just after a start', async () => {
    const { perSecond, commands } = await activityOf(0, [RANDOM]).activity;
    assert.deepEqual([perSecond, commands[0]?.perSecond], [0, 0]);
  });
});
