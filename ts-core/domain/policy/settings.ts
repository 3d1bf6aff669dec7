/** The policy in force, and where each of its settings comes from. setting-table.ts defines the settings. */
import type { CallerClass } from '../caller.js';
import { POLICY_SETTINGS, type PolicySettingName } from './setting-table.js';

export type { CodesByClass, OsManagedAuthLevel } from './setting-kinds.js';
export type { PolicySettingName } from './setting-table.js';

/** Every setting has a value: its default if no source sets it. */
export type PolicySettings = { readonly [Name in PolicySettingName]: (typeof POLICY_SETTINGS)[Name]['default'] };

export const DEFAULT_POLICY_SETTINGS = Object.fromEntries(
  Object.entries(POLICY_SETTINGS).map(([name, setting]) => [name, setting.default]),
) as unknown as PolicySettings;

/** A Group Policy object of the domain, and the link through which it applies. */
export interface GroupPolicyObject {
  readonly guid: string;
  /** The name that administrators gave it. */
  readonly name: string;
  /** Distinguished name of the site, domain or organizational unit that links it; undefined if not known. */
  readonly link: string | undefined;
  readonly isEnforced: boolean;
}

/** Where a setting in force came from, for people: `default`, a file's path, a GPO, or a registry key. */
export interface SettingSource {
  readonly kind: 'default' | 'configuration' | 'policyFile' | 'registryPol' | 'groupPolicy' | 'windowsRegistry';
  readonly location: string;
  /** The GPO that set it; only with kind `groupPolicy`. */
  readonly gpo?: GroupPolicyObject | undefined;
}

/** Something in a source that was ignored, clamped or refused, and why; shown by status and Get-TbsPolicy. */
export interface PolicyProblem {
  readonly source: SettingSource;
  readonly setting: string | undefined;
  readonly message: string;
}

/**
 * The source of each code of the lists that Group Policy makes entry by entry; where several GPOs name a code, its source
 * names them all. The keys are those of `codeKey`.
 */
export type CodeSources = { readonly [Name in PolicySettingName]?: Readonly<Record<string, SettingSource>> };

export function codeKey(code: number, callerClass?: CallerClass): string {
  return callerClass === undefined ? `${code}` : `${callerClass} ${code}`;
}

/** Returns where a code of a list comes from; `callerClass` where the setting has a list for each class. */
export function sourceOfCode(
  { sources, codeSources }: EffectivePolicy,
  name: PolicySettingName,
  code: number,
  callerClass?: CallerClass,
): SettingSource {
  return codeSources[name]?.[codeKey(code, callerClass)] ?? sources[name];
}

export interface EffectivePolicy {
  readonly settings: PolicySettings;
  readonly sources: Readonly<Record<PolicySettingName, SettingSource>>;
  readonly codeSources: CodeSources;
  readonly problems: readonly PolicyProblem[];
  /** Incremented whenever the policy in force changes, so that a decision can be recognized as stale. */
  readonly revision: number;
}
