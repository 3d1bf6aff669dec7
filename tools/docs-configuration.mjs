/**
 * Writes docs/configuration.md and docs/tbsd.schema.json from the schema of tbsd.json.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-configuration.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SYSTEM_FOLDERS } from '../build/ts-core/daemon/configuration-folders.js';
import { configurationSchema } from '../build/ts-core/daemon/configuration-schema.js';
import { pageWithParts } from './page-parts.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));
export const SCHEMA_PATH = fileURLToPath(new URL('../docs/tbsd.schema.json', import.meta.url));

/** Returns the JSON Schema of tbsd.json, with the defaults of the system broker. */
export function renderConfigurationSchema() {
  return `${JSON.stringify({ title: 'tbsd.json of TpmTbs', ...inputSchema() }, undefined, 2)}\n`;
}

function inputSchema() {
  return z.toJSONSchema(configurationSchema(SYSTEM_FOLDERS, 'device'), { io: 'input', unrepresentable: 'any' });
}

/** Returns the whole page. */
export function renderConfiguration() {
  const settings = configurationSections().map(renderSection).join('\n\n');
  return pageWithParts(PAGE_PATH, { settings });
}

/** Returns every setting with its default, values and meaning (Markdown), grouped by section. */
export function configurationSections() {
  return sectionsOf(inputSchema(), []);
}

/** Groups settings by the object that contains them, outermost first. */
function sectionsOf(schema, path) {
  const settings = [];
  const sections = [];
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const object = objectOf(member);
    if (object === undefined) {
      settings.push({ name: [...path, name].join('.'), ...describe(member) });
      continue;
    }
    const inner = sectionsOf(object, [...path, name]);
    // An object that may be null is also a setting itself: either unset or all of its content.
    if (object !== member) settings.push({ name: [...path, name].join('.'), ...describe(member) });
    sections.push(...inner);
  }
  return settings.length === 0 ? sections : [{ title: path.join('.') || 'General', settings }, ...sections];
}

function objectOf(schema) {
  if (schema.properties !== undefined) return schema;
  return schema.anyOf?.find((choice) => choice.properties !== undefined);
}

function describe(schema) {
  return {
    defaultValue: schema.default === null ? 'unset' : schema.default === undefined ? '-' : code(schema.default),
    values: valuesOf(schema),
    meaning: schema.description ?? '',
  };
}

function valuesOf(schema) {
  if (schema.title !== undefined) return schema.title;
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.anyOf !== undefined) {
    return schema.anyOf
      .filter((choice) => choice.type !== 'null')
      .map(valuesOf)
      .join(' or ');
  }
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'array') return `list of ${valuesOf(schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  return { boolean: '`true`, `false`', string: 'text', object: 'object' }[type] ?? '';
}

function code(value) {
  return `\`${JSON.stringify(value)}\``;
}

function renderSection({ title, settings }) {
  const rows = settings.map(
    ({ name, defaultValue, values, meaning }) => `| \`${name}\` | ${defaultValue} | ${values} | ${meaning} |`,
  );
  return `## ${title}\n\n| setting | default | values | meaning |\n|---|---|---|---|\n${rows.join('\n')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE_PATH, renderConfiguration());
  writeFileSync(SCHEMA_PATH, renderConfigurationSchema());
}
