import { deepEqual, equal, match } from 'node:assert/strict';
import { type Configuration, ConfigurationError, loadConfiguration } from '../../ts-core/daemon/configuration.js';
import { ReloadConfiguration } from '../../ts-core/daemon/reload-configuration.js';
import { quietLog } from '../support/quiet-log.js';
import { recordedEvents } from '../support/recorded-events.js';

describe('reading the configuration again', () => {
  const configured = (overrides: Record<string, unknown>): Configuration =>
    loadConfiguration({ env: { HOME: '/nonexistent' }, uid: 4711, overrides });

  function rig(read: () => Configuration, prepare: () => void = () => {}) {
    const { events, told } = recordedEvents();
    const applied: Configuration[] = [];
    const notified: string[] = [];
    const reloading = new ReloadConfiguration({
      started: configured({}),
      read,
      prepare: (next) => {
        prepare();
        return () => applied.push(next);
      },
      events,
      notification: { reloading: () => notified.push('reloading'), reloaded: () => notified.push('ready') },
      log: quietLog(),
    });
    return { reloading, told, applied, notified };
  }

  it('applies the settings that can change, and names those that need a restart until they are as at the start again', () => {
    let next = configured({ log: { level: 'debug' }, observerUsers: [5], timeouts: { drainMs: 1 } });
    const { reloading, told, applied, notified } = rig(() => next);
    reloading.reload();
    deepEqual(applied, [next]);
    deepEqual(told[0]?.details['changed'], ['observerUsers', 'log.level']);
    deepEqual(told[0]?.details['needRestart'], ['timeouts.drainMs']);
    next = configured({ log: { level: 'debug' }, policy: { settings: { maxResources: 7 } }, timeouts: { drainMs: 1 } });
    reloading.reload();
    deepEqual(told[1]?.details['changed'], ['observerUsers', 'policy.settings.maxResources']);
    deepEqual(told[1]?.details['needRestart'], ['timeouts.drainMs']);
    next = configured({});
    reloading.reload();
    deepEqual(told[2]?.details['needRestart'], []);
    deepEqual(notified, ['reloading', 'ready', 'reloading', 'ready', 'reloading', 'ready']);
  });

  it('keeps the old one if the file is faulty or names a group that does not exist, and reports that', () => {
    const faulty = rig(() => {
      throw new ConfigurationError('/etc/tpmtbs/tbsd.json', ['unknown setting "nonsense"']);
    });
    const missing = rig(
      () => configured({ administratorsGroup: 'nobodys' }),
      () => {
        throw new ConfigurationError(undefined, ['There is no group "nobodys".']);
      },
    );
    for (const { reloading, told, applied, notified } of [faulty, missing]) {
      reloading.reload();
      deepEqual(applied, []);
      equal(told[0]?.kind, 'warning');
      match(String(told[0]?.message), /stays in force: .*(nonsense|nobodys)/);
      deepEqual(notified, ['reloading', 'ready']);
    }
  });
});
