/**
 * Determines how much of the owner authorization this machine stores, and which policy or setting decides that.
 *
 * Group Policy "Configure the level of TPM owner authorization information available to the operating system":
 * OSManagedAuthLevel. Unset, disabled or not configured: Full when AD DS backup is off, Delegated when it is on.
 */
import type { EffectivePolicy, OsManagedAuthLevel, SettingSource } from '../policy/settings.js';

export type AuthLevelName = 'None' | 'Delegated' | 'Full' | 'LockoutOnly';

export const AUTH_LEVEL_NAMES: Readonly<Record<OsManagedAuthLevel, AuthLevelName>> = {
  0: 'None',
  2: 'Delegated',
  4: 'Full',
  5: 'LockoutOnly',
};

export type AuthLevelOrigin =
  | { readonly kind: 'policy'; readonly source: SettingSource }
  | { readonly kind: 'local' }
  | { readonly kind: 'default'; readonly activeDirectoryBackup: boolean };

export interface EffectiveAuthLevel {
  readonly level: OsManagedAuthLevel;
  readonly origin: AuthLevelOrigin;
}

/** Policy takes precedence over the local configuration, which takes precedence over the default. */
export function effectiveAuthLevel(policy: EffectivePolicy, local: OsManagedAuthLevel | undefined): EffectiveAuthLevel {
  const { osManagedAuthLevel, activeDirectoryBackup } = policy.settings;
  if (osManagedAuthLevel !== undefined) {
    return { level: osManagedAuthLevel, origin: { kind: 'policy', source: policy.sources.osManagedAuthLevel } };
  }
  if (local !== undefined) return { level: local, origin: { kind: 'local' } };
  return { level: activeDirectoryBackup ? 2 : 4, origin: { kind: 'default', activeDirectoryBackup } };
}

/** Describes the origin for people. */
export function describeAuthLevelOrigin(origin: AuthLevelOrigin): string {
  switch (origin.kind) {
    case 'policy':
      return origin.source.location;
    case 'local':
      return 'local configuration (Set-TpmAuthLevel)';
    case 'default':
      return `default with AD DS backup ${origin.activeDirectoryBackup ? 'on' : 'off'}`;
  }
}
