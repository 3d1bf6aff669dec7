import { deepEqual, equal } from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Health } from '../../ts-core/application/status/health.js';
import { ServiceStatus, statusLine } from '../../ts-core/daemon/service-status.js';
import { FakeClock } from '../support/fake-clock.js';
import { quietLog } from '../support/quiet-log.js';
import { recordedEvents } from '../support/recorded-events.js';

const WORKS: Health = { state: 'works', sinceMs: 0, warnings: [] };
const warning = (message: string) => ({ id: 'exposure', message, action: 'Mend it.', sinceMs: 0 }) as const;
const TPM = 'TPM 2.0, device /dev/tpm0';

describe('the status of the service', () => {
  it('shows that everything works, or what is wrong and that there is more', () => {
    equal(statusLine(WORKS, TPM), 'Works: TPM 2.0, device /dev/tpm0.');
    equal(statusLine({ state: 'degraded', sinceMs: 0, warnings: [warning('It leaks.')] }, TPM), 'Degraded: It leaks.');
    equal(
      statusLine({ state: 'down', sinceMs: 0, warnings: [warning('Gone.'), warning('It leaks.')] }, TPM),
      'Down: Gone. (1 more: tbs status)',
    );
  });

  it('follows the events that may change it, and queries once for a burst of them', async () => {
    const clock = new FakeClock();
    const { events } = recordedEvents(clock);
    const shown: string[] = [];
    let health = WORKS;
    let asked = 0;
    const status = new ServiceStatus({
      health: async () => {
        asked += 1;
        return health;
      },
      tpm: TPM,
      events,
      clock,
      notification: { status: (text) => shown.push(text) },
      log: quietLog(),
    });
    const settle = async () => {
      clock.advance(1000);
      await nextTurn();
    };
    await settle();
    health = { state: 'down', sinceMs: 0, warnings: [warning('Gone.')] };
    for (let count = 0; count < 100; count++) events.raise('tpmLost', 'The TPM does not answer.');
    events.raise('commandRefused', 'Blocked.');
    await settle();
    events.raise('commandRefused', 'Blocked.');
    await settle();
    deepEqual([asked, shown], [2, ['Works: TPM 2.0, device /dev/tpm0.', 'Down: Gone.']]);
    status.close();
    events.raise('tpmReturned', 'Back.');
    await settle();
    equal(asked, 2);
  });

  it('does not change while the health cannot be determined, and nothing is reported after its end', async () => {
    const clock = new FakeClock();
    const { events } = recordedEvents(clock);
    const log = quietLog();
    const shown: string[] = [];
    let health = (): Promise<Health> => Promise.reject(new Error('too many open files'));
    const status = new ServiceStatus({
      ...{ health: () => health(), tpm: TPM, events, clock, log },
      notification: { status: (text) => shown.push(text) },
    });
    clock.advance(1000);
    await nextTurn();
    deepEqual([shown, log.lines.map(({ level }) => level)], [[], ['warn']]);
    for (const late of [() => Promise.resolve(WORKS), () => Promise.reject(new Error('late'))]) {
      health = late;
      events.raise('tpmLost', 'The TPM does not answer.');
      clock.advance(1000);
      status.close();
      await nextTurn();
    }
    deepEqual([shown.length, log.lines.length], [0, 1]);
  });
});
