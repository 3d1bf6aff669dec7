/** Tells an administrator where to change a setting in force, and who can change it. */
import type { SettingSource } from './settings.js';

/** The file that Set-TbsPolicy writes, in the policy folder. */
export const LOCAL_POLICY_FILE = '50-local.json';

export function isLocalPolicyFile({ kind, location }: SettingSource): boolean {
  return kind === 'policyFile' && location.endsWith(LOCAL_POLICY_FILE);
}

/**
 * Returns one sentence. `change` is an imperative that names no place, such as "Set ignoreLocalList to true". `source`
 * is where the setting comes from now; changing a weaker source would have no effect.
 */
export function adviseChange(change: string, source: SettingSource): string {
  const { kind, location } = source;
  switch (kind) {
    case 'default':
      return `${change} (Set-TbsPolicy).`;
    case 'configuration':
      return `${change} (Set-TbsPolicy overrides ${location}).`;
    case 'policyFile':
      if (isLocalPolicyFile(source)) return `${change} (Set-TbsPolicy).`;
      return `${change} in ${location}, which administrators of this machine edit.`;
    case 'registryPol':
      return `${change} in the policy that delivers ${location}; Set-TbsPolicy has no effect on it.`;
    case 'groupPolicy':
      return `${change} in ${location}. Administrators of the domain can do that; Set-TbsPolicy has no effect on it.`;
    case 'windowsRegistry':
      return `${change} in the Group Policy that sets ${location}; Set-TbsPolicy has no effect on it.`;
  }
}

/** Names a source with its kind: `policy file /etc/…`, `GPO "…" linked to …`, `default`. */
export function describeSource(source: SettingSource): string {
  const kinds: Readonly<Record<SettingSource['kind'], string>> = {
    default: 'default',
    configuration: 'configuration',
    policyFile: 'policy file',
    registryPol: 'Group Policy',
    groupPolicy: '',
    windowsRegistry: 'registry',
  };
  return source.kind === 'default' ? 'default' : `${kinds[source.kind]} ${source.location}`.trim();
}
