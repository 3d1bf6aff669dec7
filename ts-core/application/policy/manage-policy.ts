/** Shows, explains, compares, changes and reports policy. */

import type { Caller } from '../../domain/caller.js';
import { isLocalPolicyFile } from '../../domain/policy/change-advice.js';
import {
  comparePolicy,
  type SettingDifference as DomainDifference,
  settingsOwedToDomain,
  settingsToRemove,
} from '../../domain/policy/difference.js';
import type { SettingExplanation } from '../../domain/policy/explain-policy.js';
import type { EffectivePolicy, PolicySettingName } from '../../domain/policy/settings.js';
import { readTypedSettings } from '../../domain/policy/typed-settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Events } from '../events/events.js';
import type { Clock } from '../ports/operating-system.js';
import type { PolicyStore } from '../ports/policy-store.js';
import { type PolicyReportContent, policyReport } from './policy-report.js';

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
  /** This machine's name, for readers of the report. */
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

  /**
   * Returns the desired settings that are not in force. Throws TBS_E_BAD_PARAMETER, naming the setting, for an invalid
   * one.
   */
  differences(desired: Readonly<Record<string, unknown>>): readonly SettingDifference[] {
    const comparison = comparePolicy(this.#store.current(), readTypedSettings(desired, this.#tpmVersion));
    if (comparison.verdict === 'refused') throw badSetting(comparison.setting, comparison.reason);
    return comparison.differences.map(withLocation);
  }

  /** Returns what the local policy file says, whether it is in force or not. */
  #saidLocally(): Readonly<Record<string, unknown>> {
    const said = this.#store.explain().flatMap(({ name, statements }) => {
      const local = statements.find(({ source }) => isLocalPolicyFile(source));
      return local === undefined ? [] : [[name, local.value]];
    });
    return Object.fromEntries(said);
  }

  /**
   * Writes the settings into the local policy file, omitting those that have the value already. A value that only the
   * domain's policy has put into force is written too, since it would be lost with that policy.
   */
  async set(
    caller: Caller,
    desired: Readonly<Record<string, unknown>>,
    dryRun: boolean,
  ): Promise<{ policy: EffectivePolicy; differences: readonly SettingDifference[] }> {
    const settings = readTypedSettings(desired, this.#tpmVersion);
    const current = this.#store.current();
    const said = this.#saidLocally();
    const owed = settingsOwedToDomain(current, settings, said);
    const removed = settingsToRemove(current, settings, said);
    const differences = [...this.differences(desired), ...[...owed, ...removed].map(withLocation)];
    const removals = Object.entries(settings).filter(([, value]) => value === null);
    if (dryRun || (differences.length === 0 && removals.length === 0)) {
      return { policy: current, differences };
    }
    const policy = await this.#store.set(settings, caller);
    // Removing a setting that is not set changes nothing, so there is no event.
    if (JSON.stringify(this.#saidLocally()) === JSON.stringify(said)) return { policy, differences };
    this.#events.raise('policyChanged', 'Settings of the local policy file were changed.', {
      caller,
      details: { settings: Object.keys(settings) },
    });
    return { policy, differences };
  }

  async importRegistryPol(caller: Caller, bytes: Uint8Array): Promise<EffectivePolicy> {
    const policy = await this.#store.importRegistryPol(bytes, caller);
    this.#events.raise('policyChanged', 'A Registry.pol was imported as a source of policy.', {
      caller,
      details: { bytes: bytes.length },
    });
    return policy;
  }

  /** Reads every source again now, without waiting for a file notification or the next poll. */
  async refresh(): Promise<EffectivePolicy> {
    return this.#store.refresh();
  }

  explain(): readonly SettingExplanation[] {
    return this.#store.explain();
  }

  /** Returns the resultant set of policy as one self-contained HTML page. */
  report(): string {
    return policyReport(this.reportContent());
  }

  reportContent(): PolicyReportContent {
    return {
      explanations: this.#store.explain(),
      problems: this.#store.current().problems,
      computer: this.#computer,
      time: new Date(this.#clock.wallClockMs()),
    };
  }

  exportJson(): Readonly<Record<string, unknown>> {
    return this.#store.exportJson();
  }
}

function withLocation(difference: DomainDifference): SettingDifference {
  return { ...difference, source: difference.source.location };
}

function badSetting(setting: string, reason: string): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `The policy setting ${JSON.stringify(setting)} is refused: ${reason}.`,
    details: { parameter: setting, setting, reason },
  });
}
