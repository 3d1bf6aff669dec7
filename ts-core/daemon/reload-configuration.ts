/**
 * Reads the configuration again while the broker runs. Settings that can change take effect together; of the others it
 * reports that they need a restart. A faulty file changes nothing.
 */
import type { Events } from '../application/events/events.js';
import type { Log } from '../application/ports/logs.js';
import type { Configuration } from './configuration.js';
import { describeFailure } from './describe-failure.js';
import type { ServiceNotification } from './service-notification.js';

/** Settings, or whole sections, that take effect without a restart; docs/service.md lists them. */
export const RELOADABLE_SETTINGS: readonly string[] = [
  'administratorsGroup',
  'observersGroup',
  'observerUsers',
  'eventActionsUser',
  'sandboxedAppsGroup',
  'overflowUser',
  'policy.settings',
  'log.level',
];

export interface ReloadParts {
  /** What the broker was started with. */
  readonly started: Configuration;
  /** Reads the same file again. Throws a ConfigurationError. */
  readonly read: () => Configuration;
  /** Checks what `read` cannot, such as the existence of groups. Throws, or returns a function that cannot fail. */
  readonly prepare: (configuration: Configuration) => () => void;
  readonly events: Pick<Events, 'raise'>;
  readonly notification: Pick<ServiceNotification, 'reloading' | 'reloaded'>;
  readonly log: Log;
}

export class ReloadConfiguration {
  #inForce: Configuration;
  readonly #parts: ReloadParts;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#inForce = parts.started;
  }

  reload(): void {
    const { notification } = this.#parts;
    notification.reloading();
    try {
      this.#replace(this.#parts.read());
    } catch (error) {
      this.#keepOld(error);
    }
    notification.reloaded();
  }

  #replace(next: Configuration): void {
    const { started, prepare, events, log } = this.#parts;
    const apply = prepare(next);
    const changed = changedSettings(this.#inForce, next).filter(isReloadable);
    const needRestart = changedSettings(started, next).filter((setting) => !isReloadable(setting));
    apply();
    this.#inForce = next;
    const details = { file: next.file ?? null, changed, needRestart };
    events.raise('administration', `The configuration was read again. ${resultOf(changed, needRestart)}`, { details });
    if (needRestart.length > 0) log.warn(details, 'some changed settings take effect when the broker is restarted');
    else log.info(details, 'read the configuration again');
  }

  #keepOld(error: unknown): void {
    const { events, log } = this.#parts;
    const { lines } = describeFailure(error);
    log.error({ problems: lines }, 'the configuration is faulty; the one that was read before stays in force');
    events.raise(
      'warning',
      `The configuration is faulty, and the one that was read before stays in force: ${lines.join('; ')}`,
      { details: { problems: lines } },
    );
  }
}

function resultOf(changed: readonly string[], needRestart: readonly string[]): string {
  const took = changed.length === 0 ? 'No setting changed.' : `In force now: ${changed.join(', ')}.`;
  return needRestart.length === 0 ? took : `${took} After a restart: ${needRestart.join(', ')}.`;
}

function isReloadable(setting: string): boolean {
  return RELOADABLE_SETTINGS.some((each) => setting === each || setting.startsWith(`${each}.`));
}

/** Returns the names of the settings that differ, as tbsd.json nests them: `log.level`. */
function changedSettings(before: object, after: object, prefix = ''): readonly string[] {
  const [old, next] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((name): readonly string[] => {
    const [left, right]: [unknown, unknown] = [old.get(name), next.get(name)];
    if (isSection(left) && isSection(right)) return changedSettings(left, right, `${prefix}${name}.`);
    return JSON.stringify(left) === JSON.stringify(right) ? [] : [`${prefix}${name}`];
  });
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
