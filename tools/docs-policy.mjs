/**
 * Writes docs/policy.md and docs/policy.schema.json from the table of policy settings.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-policy.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { POLICY_KEY, POLICY_SETTINGS, PREFERENCE_KEY } from '../build/ts-core/domain/policy/setting-table.js';
import { pageWithParts } from './page-parts.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/policy.md', import.meta.url));
const SETTINGS_HEADER = ["| setting | values | default | Windows' registry value | meaning |", '|---|---|---|---|---|'];
export const SCHEMA_PATH = fileURLToPath(new URL('../docs/policy.schema.json', import.meta.url));

/** Returns the JSON Schema (draft 2020-12) of a policy file. */
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

/** Returns the whole page. */
export function renderPolicy() {
  const rows = policySettings().map(
    ({ name, values, defaultValue, registryPlace, meaning }) =>
      `| \`${name}\` | ${values} | ${defaultValue} | ${registryPlace} | ${meaning} |`,
  );
  return pageWithParts(PAGE_PATH, { settings: [...SETTINGS_HEADER, ...rows].join('\n') });
}

/** Returns every setting with its values, default, place in the registry and meaning (Markdown). */
export function policySettings() {
  return Object.entries(POLICY_SETTINGS).map(([name, { meaning, registry, schema, default: preset }]) => ({
    name,
    values: valuesOf(schema),
    defaultValue: preset === undefined ? 'unset' : `\`${JSON.stringify(preset)}\``,
    registryPlace: registryPlaceOf(registry),
    meaning,
  }));
}

/** Returns the place of a setting relative to the TPM's keys, which the page names. */
function registryPlaceOf(registry) {
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE_PATH, renderPolicy());
  writeFileSync(SCHEMA_PATH, renderPolicySchema());
}
