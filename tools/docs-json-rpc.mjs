/**
 * Writes docs/json-rpc.md from the contracts of the protocol.
 *
 *   npm run docs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pageWithParts } from './page-parts.mjs';
import { describeProtocol } from './protocol-json.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/json-rpc.md', import.meta.url));

const OVERVIEW_HEADER = [
  '| method | what it does | administrator | observer | standard user | sandboxed app |',
  '|---|---|---|---|---|---|',
];

/** Returns the whole page. */
export function renderJsonRpc() {
  const { methods, notifications, types } = describeProtocol();
  return pageWithParts(PAGE_PATH, {
    overview: [...OVERVIEW_HEADER, ...Object.entries(methods).map(overviewRow)].join('\n'),
    methods: Object.entries(methods).map(methodSection).join('\n\n'),
    notifications: Object.entries(notifications).map(notificationSection).join('\n\n'),
    types: Object.entries(types).map(typeSection).join('\n\n'),
  });
}

function overviewRow([name, { access, summary }]) {
  const { administrator, observer, standardUser, sandboxedApp } = access;
  return `| \`${name}\` | ${cell(summary)} | ${administrator} | ${observer} | ${standardUser} | ${sandboxedApp} |`;
}

function methodSection([name, { summary, parameters, result, example }]) {
  const named = result.$ref === undefined ? [propertyTable(result)] : [];
  const returned = result.$ref === undefined ? returnedInPlace(result) : `Returns ${typeOf(result)}.`;
  const shown = JSON.stringify(example ?? {}) === '{}' ? '' : `Example: \`${JSON.stringify(example)}\``;
  return [`### ${name}`, summary, parameterPart(parameters), shown, returned, ...named].filter(Boolean).join('\n\n');
}

function parameterPart(parameters) {
  return hasProperties(parameters) ? propertyTable(parameters, 'parameter') : 'No parameters.';
}

function returnedInPlace(result) {
  return hasProperties(result) ? 'Returns an object:' : 'Returns an empty object.';
}

function notificationSection([name, { summary, parameters }]) {
  return `### ${name}\n\n${summary} Its parameters are ${typeOf(parameters)}.`;
}

function typeSection([name, schema]) {
  return `### ${name}\n\n${schema.description}\n\n${propertyTable(schema)}`;
}

function hasProperties({ properties = {} }) {
  return Object.keys(properties).length > 0;
}

function propertyTable({ properties = {}, required = [] }, title = 'property') {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `| \`${name}\`${optional} | ${typeOf(schema)} | ${cell(meaningOf(schema))} |`;
  });
  return rows.length === 0 ? '' : [`| ${title} | type | meaning |`, '|---|---|---|', ...rows].join('\n');
}

function meaningOf({ description = '', default: preset }) {
  return preset === undefined ? description : `${description} Default: ${JSON.stringify(preset)}.`;
}

function typeOf(schema) {
  if (schema.$ref !== undefined) return linkTo(schema.$ref.split('/').at(-1));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' \\| ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  if (schema.contentEncoding === 'base64') return 'base64';
  if (schema.format === 'date-time') return 'time';
  return schema.type ?? 'any';
}

function linkTo(typeName) {
  return `[${typeName}](#${typeName.toLowerCase()})`;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PAGE_PATH, renderJsonRpc());
