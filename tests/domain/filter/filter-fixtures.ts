/** Policies and local lists for the tests of the filter. */
import type { CallerClass } from '../../../ts-core/domain/caller.js';
import { decide, type FilterVerdict } from '../../../ts-core/domain/filter/command-filter.js';
import { buildFilterLists, type FilterLists } from '../../../ts-core/domain/filter/filter-lists.js';
import { type LocalCommandLists, NO_LOCAL_COMMAND_LISTS } from '../../../ts-core/domain/filter/local-command-lists.js';
import {
  DEFAULT_POLICY_SETTINGS,
  type EffectivePolicy,
  type PolicySettingName,
  type PolicySettings,
  type SettingSource,
} from '../../../ts-core/domain/policy/settings.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

export const POLICY_FILE: SettingSource = { kind: 'policyFile', location: '/etc/tpmtbs/policy.d/50-site.json' };

/** The source of a setting that a GPO of the domain sets. */
export const STRICT_GPO: SettingSource = {
  kind: 'groupPolicy',
  location: 'GPO "Strict" linked to DC=example,DC=com',
};

/** Returns the policy with these settings, which `source` sets; the others have their defaults. */
export function policyOf(settings: Partial<PolicySettings>, source = POLICY_FILE): EffectivePolicy {
  const names = Object.keys(DEFAULT_POLICY_SETTINGS) as PolicySettingName[];
  const sourceOf = (name: PolicySettingName): SettingSource =>
    name in settings ? source : { kind: 'default', location: '' };
  return {
    settings: { ...DEFAULT_POLICY_SETTINGS, ...settings },
    sources: Object.fromEntries(names.map((name) => [name, sourceOf(name)])) as EffectivePolicy['sources'],
    codeSources: {},
    problems: [],
    revision: 1,
  };
}

export function listsOf(settings: Partial<PolicySettings> = {}, local: Partial<LocalCommandLists> = {}): FilterLists {
  return buildFilterLists(policyOf(settings), { ...NO_LOCAL_COMMAND_LISTS, ...local });
}

export function decideOn(
  lists: FilterLists,
  version: TpmVersion,
  code: number,
  callerClass: CallerClass,
  handles: readonly number[] | null = [],
): FilterVerdict {
  return decide({ version, code, callerClass, lists, handles, command: new Uint8Array(10) });
}

/** Returns every combination of true and false for the names. */
export function* everyCombination<Name extends string>(names: readonly Name[]): Generator<Record<Name, boolean>> {
  for (let bits = 0; bits < 2 ** names.length; bits += 1) {
    yield Object.fromEntries(names.map((name, index) => [name, (bits & (1 << index)) !== 0])) as Record<Name, boolean>;
  }
}
