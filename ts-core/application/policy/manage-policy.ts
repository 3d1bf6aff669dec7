/** Shows, explains, compares, changes and reports policy. */

import type { Caller } from '../../domain/caller.js';
import { comparePolicy } from '../../domain/policy/difference.js';
import type { SettingExplanation } from '../../domain/policy/explain-policy.js';
import type { EffectivePolicy, PolicySettingName } from '../../domain/policy/settings.js';
import { readTypedSettings } from '../../domain/policy/typed-settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Events } from '../events/events.js';
import type { Clock, PolicyStore } from '../ports.js';
import { policyReport } from './policy-report.js';

export interface SettingDifference {
  readonly name: PolicySettingName;
  readonly current: unknown;
  readonly desired: unknown;
  readonly source: string;
}

export class ManagePolicy {
  readonly #store: PolicyStore;
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #tpmVersion: TpmVersion;
  /** The name by which the report's readers know this machine. */
  readonly #computer: string;

  constructor(store: PolicyStore, events: Events, clock: Clock, tpmVersion: TpmVersion, computer: string) {
    this.#store = store;
    this.#events = events;
    this.#clock = clock;
    this.#tpmVersion = tpmVersion;
    this.#computer = computer;
  }

  get(): EffectivePolicy {
    return this.#store.current();
  }

  /** Which of the desired settings are not in force. Throws TBS_E_BAD_PARAMETER, naming the setting, for a bad one. */
  differences(desired: Readonly<Record<string, unknown>>): readonly SettingDifference[] {
    const comparison = comparePolicy(this.#store.current(), readTypedSettings(desired, this.#tpmVersion));
    if (comparison.verdict === 'refused') throw badSetting(comparison.setting, comparison.reason);
    return comparison.differences.map((difference) => ({ ...difference, source: difference.source.location }));
  }

  /** Writes the settings into the local policy file; what was so already is not written. */
  async set(
    caller: Caller,
    desired: Readonly<Record<string, unknown>>,
    dryRun: boolean,
  ): Promise<{ policy: EffectivePolicy; differences: readonly SettingDifference[] }> {
    const differences = this.differences(desired);
    const settings = readTypedSettings(desired, this.#tpmVersion);
    const removals = Object.entries(settings).filter(([, value]) => value === null);
    if (dryRun || (differences.length === 0 && removals.length === 0)) {
      return { policy: this.#store.current(), differences };
    }
    const before = this.#store.current().revision;
    const policy = await this.#store.set(settings);
    // Taking away what was not set changes nothing, and is nothing to tell.
    if (policy.revision === before) return { policy, differences };
    this.#events.raise('policyChanged', 'Settings of the local policy file were changed.', {
      caller,
      details: { settings: Object.keys(settings) },
    });
    return { policy, differences };
  }

  async importRegistryPol(caller: Caller, bytes: Uint8Array): Promise<EffectivePolicy> {
    const policy = await this.#store.importRegistryPol(bytes);
    this.#events.raise('policyChanged', 'A Registry.pol was imported as a source of policy.', {
      caller,
      details: { bytes: bytes.length },
    });
    return policy;
  }

  /** Reads every source again now, instead of at the next notice or look. */
  async refresh(): Promise<EffectivePolicy> {
    return this.#store.refresh();
  }

  explain(): readonly SettingExplanation[] {
    return this.#store.explain();
  }

  /** The resultant set of policy as one self-contained HTML page. */
  report(): string {
    return policyReport({
      explanations: this.#store.explain(),
      problems: this.#store.current().problems,
      computer: this.#computer,
      time: new Date(this.#clock.wallClockMs()),
    });
  }

  exportJson(): Readonly<Record<string, unknown>> {
    return this.#store.exportJson();
  }
}

function badSetting(setting: string, reason: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The policy setting ${JSON.stringify(setting)} cannot be this: ${reason}.`,
    details: { parameter: setting, setting, reason },
  });
}
