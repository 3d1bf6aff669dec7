import { deepEqual, equal } from 'node:assert/strict';
import { IdleEviction } from '../../../ts-core/application/commands/idle-eviction.js';
import { FakeClock } from '../../support/fake-clock.js';
import { quietLog } from '../../support/quiet-log.js';

const TPM_GONE = new Error('the TPM is gone');

describe('an idle TPM', () => {
  function rig(idleMs: number | undefined) {
    const clock = new FakeClock();
    const state = { vacated: 0, inFlight: false, isPaused: false, yields: undefined as boolean | undefined };
    const log = quietLog();
    const eviction = new IdleEviction({
      dispatcher: {
        get inFlight() {
          return state.inFlight;
        },
        get isPaused() {
          return state.isPaused;
        },
        runExchange: (begin, urgency) => {
          state.yields = urgency?.yieldsToCommands;
          begin();
          return Promise.reject(TPM_GONE);
        },
      },
      virtualizer: {
        suspend: () => {
          state.vacated += 1;
          return (function* () {})();
        },
      },
      idleMs,
      clock,
      log,
    });
    return { clock, state, log, eviction };
  }

  it('is emptied once, some time after the last command', () => {
    const { clock, state, eviction } = rig(1000);
    for (let count = 0; count < 10; count++) {
      eviction.commandEnded();
      clock.advance(900);
    }
    equal(state.vacated, 0);
    clock.advance(100);
    equal(state.vacated, 1);
    equal(state.yields, true, 'a command that comes meanwhile goes first');
    clock.advance(3_600_000);
    equal(state.vacated, 1);
    eviction.commandEnded();
    clock.advance(1000);
    equal(state.vacated, 2);
  });

  it('needs one timer, however many commands there are', () => {
    const { clock, eviction } = rig(1000);
    for (let count = 0; count < 1000; count++) eviction.commandEnded();
    equal(clock.pendingTimers(), 1);
  });

  it('is not emptied while a command runs, nor during a suspend', () => {
    const { clock, state, eviction } = rig(1000);
    eviction.commandEnded();
    state.inFlight = true;
    clock.advance(60_000);
    equal(state.vacated, 0);
    state.inFlight = false;
    state.isPaused = true;
    clock.advance(60_000);
    equal(state.vacated, 0);
  });

  it('is never emptied if nobody shares it', () => {
    const { clock, eviction } = rig(undefined);
    eviction.commandEnded();
    equal(clock.pendingTimers(), 0);
  });

  it('is reported if it cannot be emptied, which is tried again after the next command', async () => {
    const { clock, state, log, eviction } = rig(1000);
    eviction.commandEnded();
    clock.advance(1000);
    await Promise.resolve();
    await Promise.resolve();
    equal(log.lines[0]?.level, 'warn');
    deepEqual(log.lines[0].fields, { error: TPM_GONE });
    eviction.commandEnded();
    clock.advance(1000);
    equal(state.vacated, 2);
  });
});
