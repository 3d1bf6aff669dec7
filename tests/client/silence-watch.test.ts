import assert from 'node:assert/strict';
import { SilenceWatch } from '../../ts-core/client/silence-watch.js';
import { FakeClock } from '../support/fake-clock.js';

describe('the watch for a silent broker', () => {
  let clock: FakeClock;
  let happened: string[];
  let watch: SilenceWatch;
  beforeEach(() => {
    clock = new FakeClock();
    happened = [];
    watch = new SilenceWatch({
      limitMs: 30_000,
      ping: () => happened.push('ping'),
      onSilent: () => happened.push('given up'),
      after: (delayMs, callback) => clock.after(delayMs, callback),
    });
  });

  function startCall(): { answer: () => void; ended: Promise<void> } {
    let answer = (): void => undefined;
    const ended = watch.during(
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
    );
    return { answer: () => answer(), ended };
  }

  it('pings after a third of the limit and gives up after all of it', () => {
    startCall();
    clock.advance(9_999);
    assert.deepEqual(happened, []);
    clock.advance(1);
    assert.deepEqual(happened, ['ping']);
    clock.advance(19_999);
    assert.deepEqual(happened, ['ping']);
    clock.advance(1);
    assert.deepEqual(happened, ['ping', 'given up']);
  });

  it('never gives up while the broker answers pings, with one ping at a time', () => {
    startCall();
    for (let minute = 0; minute < 10; minute++) {
      for (let third = 0; third < 6; third++) {
        clock.advance(10_000);
        watch.heard();
      }
    }
    assert.deepEqual(happened, Array(60).fill('ping'));
  });

  it('treats any data from the broker as a sign of life', () => {
    startCall();
    for (let count = 0; count < 100; count++) {
      clock.advance(9_000);
      watch.heard();
    }
    assert.deepEqual(happened, []);
  });

  it('does not count silence while no call waits, and keeps no timer', async () => {
    const call = startCall();
    call.answer();
    await call.ended;
    assert.equal(clock.pendingTimers(), 0);
    watch.heard();
    assert.equal(clock.pendingTimers(), 0);
    clock.advance(3_600_000);
    startCall();
    clock.advance(9_000);
    assert.deepEqual(happened, []);
  });

  it('continues while another call waits', async () => {
    const first = startCall();
    startCall();
    first.answer();
    await first.ended;
    clock.advance(30_000);
    assert.deepEqual(happened, ['ping', 'given up']);
  });

  it('gives the broker time to answer after this process itself was stopped', () => {
    let callback = (): void => undefined;
    const stopped = new SilenceWatch({
      limitMs: 30_000,
      ping: () => happened.push('ping'),
      onSilent: () => happened.push('given up'),
      after: (_delayMs, next) => {
        callback = next;
        return { cancel: () => undefined };
      },
    });
    void stopped.during(new Promise(() => undefined));
    // However late a timer fires, it stands for one third.
    callback();
    callback();
    assert.deepEqual(happened, ['ping']);
  });
});
