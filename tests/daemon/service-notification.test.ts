import { deepEqual, equal, match } from 'node:assert/strict';
import { hasServiceManager, ServiceNotification } from '../../ts-core/daemon/service-notification.js';
import { FakeClock } from '../support/fake-clock.js';
import { quietLog } from '../support/quiet-log.js';

describe('notifications for the service manager', () => {
  let clock: FakeClock;
  let sent: string[];
  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
  });

  function notification(env: Record<string, string | undefined>): ServiceNotification {
    return new ServiceNotification({
      env,
      processId: 42,
      sendDatagram: (path, bytes) => void sent.push(`${path} ${new TextDecoder().decode(bytes)}`),
      clock,
      log: quietLog(),
    });
  }

  it('report ready, reloads and the stop, with a status of one line', () => {
    const manager = notification({ NOTIFY_SOCKET: '/run/notify' });
    manager.ready('Works: TPM 2.0\nREADY=0');
    manager.status('Down');
    manager.reloading();
    manager.reloaded();
    manager.stopping();
    match(sent[2] ?? '', /^\/run\/notify RELOADING=1\nMONOTONIC_USEC=\d+$/);
    deepEqual(
      [...sent.slice(0, 2), ...sent.slice(3)],
      [
        '/run/notify READY=1\nSTATUS=Works: TPM 2.0 READY=0',
        '/run/notify STATUS=Down',
        '/run/notify READY=1',
        '/run/notify STOPPING=1\nSTATUS=Stopping.',
      ],
    );
  });

  it('give two signs of life in the watchdog’s time, once the broker is ready', () => {
    const manager = notification({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' });
    clock.advance(60_000);
    deepEqual(sent, []);
    manager.ready('Works');
    clock.advance(90_000);
    equal(sent.filter((message) => message === '/run/notify WATCHDOG=1').length, 3);
  });

  it('give no signs of life if the watchdog is off or watches another process', () => {
    for (const env of [{}, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '43' }]) {
      notification({ NOTIFY_SOCKET: '/run/notify', ...env }).ready('Works');
    }
    clock.advance(600_000);
    deepEqual(
      sent.filter((message) => message.includes('WATCHDOG')),
      [],
    );
  });

  it('are not sent without a service manager', () => {
    for (const env of [{ NOTIFY_SOCKET: undefined }, { NOTIFY_SOCKET: '' }]) {
      equal(hasServiceManager(env), false);
      notification(env).ready('Works');
    }
    deepEqual(sent, []);
    equal(hasServiceManager({ NOTIFY_SOCKET: '@abstract' }), true);
  });
});
