/**
 * Writes build/protocol.json, the machine-readable contract of the JSON-RPC endpoint; tests compare the module's C#
 * types with it.
 *
 *   methods.NAME        summary, access by class, the JSON Schemas of parameters and result, and example parameters
 *   notifications.NAME  summary, and the JSON Schema of the parameters
 *   types.NAME          JSON Schema of a named object; `TpmTbs.NAME` in PowerShell; $ref "#/types/NAME" refers to it
 *
 *   npm run build
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { RPC_METHODS, RPC_NOTIFICATIONS } from '../build/ts-core/endpoints/rpc/features.js';

const PROTOCOL_PATH = fileURLToPath(new URL('../build/protocol.json', import.meta.url));

/** Returns the whole contract as plain data. */
export function describeProtocol() {
  const results = schemasOf(RPC_METHODS.map(({ name, result }) => [name, result]));
  const notified = schemasOf(RPC_NOTIFICATIONS.map(({ notification, params }) => [notification, params]));
  const methods = RPC_METHODS.map(({ name, summary, access, params, example }) => [
    name,
    { summary, access, parameters: parametersSchema(params), result: results.properties[name], example },
  ]);
  const notifications = RPC_NOTIFICATIONS.map(({ notification, summary }) => [
    notification,
    { summary, parameters: notified.properties[notification] },
  ]);
  return {
    methods: Object.fromEntries(methods),
    notifications: Object.fromEntries(notifications),
    types: { ...results.types, ...notified.types },
  };
}

/** Converts several schemas together, so that they share the named types that they use. */
function schemasOf(entries) {
  const { properties, $defs = {} } = z.toJSONSchema(z.strictObject(Object.fromEntries(entries)), {
    override: simplify,
  });
  for (const definition of Object.values($defs)) delete definition.id;
  return { properties: withTypeReferences(properties), types: withTypeReferences($defs) };
}

/** A named type that parameters use is one of results, too. */
function parametersSchema(params) {
  const { $schema, $defs, ...schema } = z.toJSONSchema(params, { io: 'input', override: simplify });
  return withTypeReferences(schema);
}

/**
 * Removes what zod adds and the protocol does not mean: the range of exact JavaScript numbers on every integer, and a
 * pattern for every format.
 */
function simplify({ jsonSchema }) {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

function withTypeReferences(value) {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/types/'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PROTOCOL_PATH, `${JSON.stringify(describeProtocol(), undefined, 2)}\n`);
}
