/** Get-, Set-, Test-, Import- and Export-TbsPolicy. */

import type { Caller } from '../domain/caller.js';
import type { EffectivePolicy, PolicySettingName } from '../domain/policy/settings.js';
import { TbsError } from '../domain/tbs-error.js';
import { isEqualJson } from './equal-json.js';
import type { Events } from './events.js';
import type { PolicyStore } from './ports.js';

export interface SettingDifference {
  readonly name: PolicySettingName;
  readonly current: unknown;
  readonly desired: unknown;
  readonly source: string;
}

export class ManagePolicy {
  constructor(
    private readonly store: PolicyStore,
    private readonly events: Events,
  ) {}

  get(): EffectivePolicy {
    return this.store.current();
  }

  /** Which of the desired settings are not in force. Null stands for "not set here" and differs from nothing. */
  differences(desired: Readonly<Record<string, unknown>>): readonly SettingDifference[] {
    const { settings, sources } = this.store.current();
    const differences: SettingDifference[] = [];
    for (const [name, value] of Object.entries(desired)) {
      if (!Object.hasOwn(sources, name)) throw unknownSetting(name, Object.keys(sources));
      const key = name as PolicySettingName;
      const current = settings[key];
      if (value === null || isEqualJson(current, value)) continue;
      differences.push({ name: key, current: current ?? null, desired: value, source: sources[key].location });
    }
    return differences;
  }

  /** Writes the settings into the local policy file; what was so already is not written. */
  async set(
    caller: Caller,
    desired: Readonly<Record<string, unknown>>,
    dryRun: boolean,
  ): Promise<{ policy: EffectivePolicy; differences: readonly SettingDifference[] }> {
    const differences = this.differences(desired);
    const removals = Object.entries(desired).filter(([, value]) => value === null);
    if (dryRun || (differences.length === 0 && removals.length === 0)) {
      return { policy: this.store.current(), differences };
    }
    const policy = await this.store.set(desired);
    this.events.raise('policyChanged', 'Settings of the local policy file were changed.', {
      caller,
      details: { settings: Object.keys(desired) },
    });
    return { policy, differences };
  }

  async importRegistryPol(caller: Caller, bytes: Uint8Array): Promise<EffectivePolicy> {
    const policy = await this.store.importRegistryPol(bytes);
    this.events.raise('policyChanged', 'A Registry.pol was imported as a source of policy.', {
      caller,
      details: { bytes: bytes.length },
    });
    return policy;
  }

  exportJson(): Readonly<Record<string, unknown>> {
    return this.store.exportJson();
  }
}

function unknownSetting(name: string, known: readonly string[]): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: `There is no policy setting ${JSON.stringify(name)}.`,
    action: `The settings are: ${known.join(', ')}.`,
    details: { parameter: name },
  });
}
