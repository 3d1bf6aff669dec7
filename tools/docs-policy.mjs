/**
 * Writes docs/policy.md and docs/policy.schema.json from the table of policy settings.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-policy.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { POLICY_KEY, POLICY_SETTINGS, PREFERENCE_KEY } from '../build/ts-core/domain/policy/setting-table.js';

export const PAGE_PATH = fileURLToPath(new URL('../docs/policy.md', import.meta.url));
export const SCHEMA_PATH = fileURLToPath(new URL('../docs/policy.schema.json', import.meta.url));

/** JSON Schema (draft 2020-12) of a policy file. */
export function renderPolicySchema() {
  const properties = Object.fromEntries(
    Object.entries(POLICY_SETTINGS).map(([name, { meaning, schema, default: preset }]) => [
      name,
      { description: meaning, ...schema, ...(preset === undefined ? {} : { default: preset }) },
    ]),
  );
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Policy file of TpmTbs (policy.d/*.json)',
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'For editors; sets nothing.' },
      $comment: { type: 'string', description: 'For people; sets nothing.' },
      ...properties,
    },
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** The whole page. */
export function renderPolicy() {
  const rows = Object.entries(POLICY_SETTINGS).map(([name, { meaning, registry, schema, default: preset }]) => {
    const defaultValue = preset === undefined ? 'unset' : `\`${JSON.stringify(preset)}\``;
    return `| \`${name}\` | ${valuesOf(schema)} | ${defaultValue} | ${registryPlaceOf(registry)} | ${meaning} |`;
  });
  return PAGE.replace('%SETTINGS%', () => rows.join('\n'));
}

/** Below the TPM's keys, as the page says. */
function registryPlaceOf(registry) {
  if (registry === undefined) return '-';
  if (registry.valueName !== undefined) return `\`${belowOwnKeys(`${registry.key}\\${registry.valueName}`)}\``;
  if (registry.keys === undefined) return `\`${belowOwnKeys(registry.key)}\``;
  return `\`${belowOwnKeys(registry.keys.administrator)}\` and its siblings, value ${registry.data}`;
}

function belowOwnKeys(path) {
  return [POLICY_KEY, PREFERENCE_KEY].reduce((rest, key) => rest.replace(`${key}\\`, ''), path);
}

function valuesOf(schema) {
  if (schema.enum !== undefined) return schema.enum.join(', ');
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  return { boolean: 'true, false', array: 'list of codes', object: 'lists of codes by class' }[schema.type];
}

const PAGE = `<!-- Written by tools/docs-policy.mjs from ts-core/domain/policy; do not edit. -->
# Policy

Policy governs what callers may do. It comes from several sources, is read again whenever one of them changes, and
\`Get-TbsPolicy\` (\`tbs policy show\`) shows each setting with the source that it came from.

## Sources

Weakest first. Value by value the last one that sets it wins.

| | source | for |
|---|---|---|
| 1 | defaults | |
| 2 | \`policy.settings\` in \`tbsd.json\` | images and packages |
| 3 | \`/etc/tpmtbs/policy.d/*.json\`, in the order of their names | administrators and their tools |
| 4 | the Registry.pol that \`Import-TbsPolicy\` keeps | trying a domain's policy |
| 5 | Registry.pol files, in the order of \`policy.registryPol\` in \`tbsd.json\` | what a domain join delivers |
| 6 | the registry, [on Windows](windows.md) | what Group Policy sets there |

\`Set-TbsPolicy\` writes \`50-local.json\` in the policy folder: files with lower names give defaults for it, files with
higher names have the last word over it. When a stronger source overrides a local setting, the answer says which. Names
are compared by code unit; names that begin with a dot are not read.

## Settings

Command codes are numbers or text: \`379\`, \`"0x17B"\`.

| setting | values | default | Windows' registry value | meaning |
|---|---|---|---|---|
%SETTINGS%

[policy.schema.json](policy.schema.json) is the JSON Schema of a policy file.

\`\`\`json
{
  "blockedCommandsEnabled": true,
  "blockedCommands": ["0x126"],
  "allowedCommands": { "standardUser": ["0x20000001"] },
  "standardUserAuthorizationFailureTotalThreshold": 20
}
\`\`\`

### What one value is

A setting is one value, and so is each class's list in \`allowedCommands\` and \`disallowedCommands\`. A list in JSON therefore replaces the list of a
weaker source as a whole. In Registry.pol files every list entry is a registry value of its own: lists grow and shrink
entry by entry over these files, and the list that results replaces the lists of weaker sources.

## Registry.pol

Files in the PReg format of Group Policy are read as Windows reads them. Keys and value names are compared without case
(\`TPM\`, \`Tpm\`). Deletions are obeyed in their place: \`**del.NAME\`, \`**delvals.\`, \`**DeleteValues\`, \`**DeleteKeys\` and
everything below the key, \`**soft.NAME\` (set only where nothing is set). \`**SecureKey\` sets permissions and has no
meaning here. Settings are read from \`Software\\Policies\\Microsoft\\TPM\` and its subkeys; \`MaxContexts\`, \`MaxResources\` and
the lists \`AllowedW8Commands\`, \`AllowedW8UserCommands\` and \`AllowedW8AppContainerCommands\` (names in hexadecimal; REG_DWORD
1 adds the command, 0 takes it away, and what is absent stays as it ships) from \`Software\\Microsoft\\Tpm\`.

A value that is wrong is not guessed at:

| what | becomes | reported |
|---|---|---|
| a list entry whose name and data differ, or whose name is no code | ignored | yes |
| an unknown OSManagedAuthLevel | ignored | yes |
| a value of another type than Windows documents | ignored | yes |
| a threshold above 100, a duration, MaxContexts or MaxResources out of range | the nearest value in range | yes |
| Enabled, ActiveDirectoryBackup and such other than 0 and 1 | 1 | yes |
| RequireActiveDirectoryBackup 1 without ActiveDirectoryBackup 1 | backup is off | yes |
| an unknown value under the TPM's keys | ignored | yes |

In a policy file and with \`Set-TbsPolicy\`, what is out of range is refused, by name. In a policy file the other settings
of the file, and the other entries of a list, stay in force; \`Set-TbsPolicy\` changes nothing at all then
(TBS_E_BAD_PARAMETER).

\`Import-TbsPolicy\` checks a file, keeps a copy as a source of its own, and says at which byte a damaged one is damaged. It
replaces what was imported before; importing a file without entries takes the imported policy away.

## When a source is damaged

A file that is no JSON object, no sound Registry.pol, too large (1 MiB) or unreadable is reported, and what it held when
it was last sound stays in force, over restarts too. If it never was sound, it sets nothing and the other sources stay.
Once it is mended or removed, what it says then counts. A Registry.pol that is configured but missing is reported.

Nobody but root and the broker's user may influence policy. A file, or a Registry.pol's folder, that belongs to somebody
else or that others may write is refused and reported as a damaged one is. When the policy folder itself can be written
by others, nothing in it is believed, not even that a file is missing: what its files held last stays in force.

Every problem is shown by \`Get-TbsPolicy\` and counts as a warning in \`Get-TbsStatus\`.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE_PATH, renderPolicy());
  writeFileSync(SCHEMA_PATH, renderPolicySchema());
}
