/**
 * The settings that govern the broker, by name, as every source (defaults, tbsd.json, policy.d, Registry.pol, registry)
 * delivers them. Group Policy names and defaults: the requirement's registry values; see docs/group-policy.md.
 */
import type { CallerClass } from '../caller.js';

/** Windows' OSManagedAuthLevel: None 0, Delegated 2, Full 4; 5 keeps the lockout authorization of a TPM 2.0 only. */
export type OsManagedAuthLevel = 0 | 2 | 4 | 5;

export type CodesByClass = Readonly<Record<CallerClass, readonly number[]>>;

export interface PolicySettings {
  /** Turns the policy's list of blocked commands on (BlockedCommands\Enabled). */
  readonly blockedCommandsEnabled: boolean;
  /** The policy's list: TPM 1.2 ordinals or TPM 2.0 command codes (BlockedCommands\List). */
  readonly blockedCommands: readonly number[];
  readonly ignoreDefaultList: boolean;
  readonly ignoreLocalList: boolean;
  /** Codes that policy adds to the allowed lists of TPM 2.0, vendor codes included, by class. */
  readonly allowedCommands: CodesByClass;
  /** Codes that policy takes from the allowed lists of TPM 2.0, by class; stronger than every grant. */
  readonly disallowedCommands: CodesByClass;
  /** Undefined when no source sets it: then Full when backup is off, Delegated when it is on. */
  readonly osManagedAuthLevel: OsManagedAuthLevel | undefined;
  readonly activeDirectoryBackup: boolean;
  /** Undefined when no source sets it: then as `activeDirectoryBackup`. */
  readonly requireActiveDirectoryBackup: boolean | undefined;
  readonly standardUserAuthorizationFailureDurationMinutes: number;
  readonly standardUserAuthorizationFailureIndividualThreshold: number;
  readonly standardUserAuthorizationFailureTotalThreshold: number;
  readonly maxContexts: number;
  readonly maxContextsPerUser: number;
  readonly maxResources: number;
}

export type PolicySettingName = keyof PolicySettings;

export const DEFAULT_POLICY_SETTINGS: PolicySettings = {
  blockedCommandsEnabled: false,
  blockedCommands: [],
  ignoreDefaultList: false,
  ignoreLocalList: false,
  allowedCommands: { administrator: [], standardUser: [], sandboxedApp: [] },
  disallowedCommands: { administrator: [], standardUser: [], sandboxedApp: [] },
  osManagedAuthLevel: undefined,
  activeDirectoryBackup: false,
  requireActiveDirectoryBackup: undefined,
  standardUserAuthorizationFailureDurationMinutes: 480,
  standardUserAuthorizationFailureIndividualThreshold: 4,
  standardUserAuthorizationFailureTotalThreshold: 9,
  maxContexts: 1200,
  maxContextsPerUser: 1050,
  maxResources: 500,
};

/** A Group Policy object of the domain, and the link through which it applies. */
export interface GroupPolicyObject {
  readonly guid: string;
  /** The name that administrators gave it. */
  readonly name: string;
  /** Distinguished name of the site, domain or organizational unit that links it; undefined where it is not known. */
  readonly link: string | undefined;
  readonly isEnforced: boolean;
}

/** Where a setting in force came from, for people: `default`, a file's path, a GPO, or a registry key. */
export interface SettingSource {
  readonly kind: 'default' | 'configuration' | 'policyFile' | 'registryPol' | 'groupPolicy' | 'windowsRegistry';
  readonly location: string;
  /** The GPO of the domain that said it; only with kind `groupPolicy`. */
  readonly gpo?: GroupPolicyObject | undefined;
}

/** Something in a source that was ignored, clamped or refused, and why; shown by status and Get-TbsPolicy. */
export interface PolicyProblem {
  readonly source: SettingSource;
  readonly setting: string | undefined;
  readonly message: string;
}

export interface EffectivePolicy {
  readonly settings: PolicySettings;
  readonly sources: Readonly<Record<PolicySettingName, SettingSource>>;
  readonly problems: readonly PolicyProblem[];
  /** Grows by one with every change of what is in force, so that a decision can tell that it is stale. */
  readonly revision: number;
}
