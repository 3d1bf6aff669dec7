/** Compares a desired state with the policy in force, however the desired values are written. */
import type { CallerClass } from '../caller.js';
import { unknownSettingMessage } from './policy-file.js';
import type { ClassLists } from './setting-kinds.js';
import { isClassListName, isPolicySettingName, POLICY_SETTING_NAMES, POLICY_SETTINGS } from './setting-table.js';
import { type EffectivePolicy, isFromRegistry, type PolicySettingName, type SettingSource } from './settings.js';

export interface SettingDifference {
  readonly name: PolicySettingName;
  /** Null where no source sets it and it has no default. */
  readonly current: unknown;
  readonly desired: unknown;
  /** Who sets the current value. */
  readonly source: SettingSource;
}

export type PolicyComparison =
  | { readonly verdict: 'compared'; readonly differences: readonly SettingDifference[] }
  | { readonly verdict: 'refused'; readonly setting: string; readonly reason: string };

/** A setting whose value in force changed. */
export interface SettingChange {
  readonly name: PolicySettingName;
  /** Null where no source set it and it has no default. */
  readonly before: unknown;
  readonly after: unknown;
  /** Who sets it now. */
  readonly source: SettingSource;
}

/** Returns what a refresh of policy changed. A value that only comes from another source now has not changed. */
export function changedSettings(before: EffectivePolicy, after: EffectivePolicy): readonly SettingChange[] {
  return POLICY_SETTING_NAMES.filter(
    (name) => JSON.stringify(before.settings[name]) !== JSON.stringify(after.settings[name]),
  ).map((name) => ({
    name,
    before: before.settings[name] ?? null,
    after: after.settings[name] ?? null,
    source: after.sources[name],
  }));
}

/** Compares the policy in force with desired settings. Null in `desired` means "not set here" and never differs. */
export function comparePolicy(policy: EffectivePolicy, desired: Readonly<Record<string, unknown>>): PolicyComparison {
  const differences: SettingDifference[] = [];
  for (const [name, value] of Object.entries(desired)) {
    if (!isPolicySettingName(name)) {
      return { verdict: 'refused', setting: name, reason: unknownSettingMessage(name) };
    }
    if (value === null) continue;
    const reading = POLICY_SETTINGS[name].read(value);
    if (reading.verdict === 'refused') return { verdict: 'refused', setting: name, reason: reading.reason };
    const current = comparable(policy, name, reading.value);
    if (JSON.stringify(current) === JSON.stringify(reading.value)) continue;
    differences.push({ name, current: current ?? null, desired: reading.value, source: policy.sources[name] });
  }
  return { verdict: 'compared', differences };
}

/**
 * Returns the settings that are as desired only because the domain says so. They count as different until the local
 * file says the same, since they would be lost with the domain's policy. `said`: what the local file says.
 */
export function settingsOwedToDomain(
  policy: EffectivePolicy,
  desired: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
): readonly SettingDifference[] {
  const differences: SettingDifference[] = [];
  for (const [name, value] of Object.entries(desired)) {
    if (!isPolicySettingName(name) || !isFromRegistry(policy.sources[name])) continue;
    const reading = POLICY_SETTINGS[name].read(value);
    // Null too: it stands for "not set here".
    if (reading.verdict === 'refused') continue;
    const current = comparable(policy, name, reading.value);
    const isInForce = JSON.stringify(current) === JSON.stringify(reading.value);
    if (!isInForce || JSON.stringify(said[name]) === JSON.stringify(reading.value)) continue;
    differences.push({ name, current: current ?? null, desired: reading.value, source: policy.sources[name] });
  }
  return differences;
}

/** Returns the settings that null in `desired` removes from the local file. `said`: what the local file says. */
export function settingsToRemove(
  policy: EffectivePolicy,
  desired: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
): readonly SettingDifference[] {
  return POLICY_SETTING_NAMES.filter((name) => desired[name] === null && name in said).map((name) => ({
    name,
    current: policy.settings[name] ?? null,
    desired: null,
    source: policy.sources[name],
  }));
}

/**
 * Returns a value in force. Of lists by class, only those in `desired` and in its order, so that both compare as text.
 */
function comparable(policy: EffectivePolicy, name: PolicySettingName, desired: unknown): unknown {
  if (!isClassListName(name)) return policy.settings[name];
  const asked = Object.keys(desired as ClassLists) as readonly CallerClass[];
  return Object.fromEntries(asked.map((callerClass) => [callerClass, policy.settings[name][callerClass]]));
}
