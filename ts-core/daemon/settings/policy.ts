/** Settings of the sources of policy: `policy`. */
import { join } from 'node:path';
import * as z from 'zod';
import { readSettings, type SettingValues } from '../../domain/policy/policy-file.js';
import type { BrokerFolders } from '../configuration-folders.js';
import { milliseconds, path } from './values.js';

const GROUP_POLICY_FOLDERS = { samba: '/var/lib/tpmtbs-policy/samba', adsys: '/var/cache/adsys' } as const;

const groupPolicyPlace = z
  .strictObject({ kind: z.enum(['samba', 'adsys']), folder: path.optional() })
  .transform(({ kind, folder }) => ({ kind, folder: folder ?? GROUP_POLICY_FOLDERS[kind] }));

const valuesOfPolicy = z.record(z.string(), z.unknown()).transform((object, context): SettingValues => {
  const { values, refused } = readSettings(object);
  for (const { setting, message } of refused) {
    context.addIssue({ code: 'custom', message, path: setting === undefined ? [] : [setting] });
  }
  return values;
});

export function policySettings(folders: BrokerFolders) {
  return z.strictObject({
    folder: path
      .default(join(folders.configuration, 'policy.d'))
      .describe('Folder of policy files (`*.json`), read in the order of their names.'),
    registryPol: z
      .array(path)
      .max(64)
      .default([])
      .describe('Registry.pol files (PReg) of Group Policy, weakest first.'),
    groupPolicy: z
      .array(groupPolicyPlace)
      .max(8)
      .default(folders.groupPolicy === undefined ? [] : [{ kind: 'samba', folder: folders.groupPolicy }])
      .describe(
        'Where domain clients deliver Group Policy, weakest first; stronger than `registryPol`. `samba`: the folder that the Samba extension writes. `adsys`: the cache folder of adsys.',
      ),
    missingFileGraceMs: milliseconds(3_600_000)
      .default(60_000)
      .describe(
        'How long the content of a `registryPol` file or of the policy folder stays in force after it has vanished, in milliseconds. What a domain has delivered stays in force until the domain replaces it.',
      ),
    refreshOverdueMs: milliseconds(2_678_400_000)
      .default(259_200_000)
      .describe(
        'Status warns when the domain client has completed no refresh for this time, in milliseconds. Only the Samba extension reports its refreshes. What the domain delivered last stays in force.',
      ),
    settings: valuesOfPolicy
      .prefault({})
      .describe('Policy settings as in a policy file; the weakest source above the defaults.'),
    pollMs: milliseconds(3_600_000)
      .default(15_000)
      .describe(
        'The broker watches the sources for changes; in addition, it compares them at this interval, in milliseconds.',
      ),
  });
}
