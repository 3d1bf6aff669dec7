// Writes the types of the JSON-RPC protocol for the client library: types-by-method.d.ts, with the names that
// ts-core/endpoints/rpc/protocol/types-by-method.ts exports, from build/protocol.json. Programs that use the library
// then need neither zod nor the rest of the broker's types.

/** `protocol` is the content of build/protocol.json. */
export function contractTypes({ methods, notifications, types }) {
  const named = Object.entries(types).map(
    ([name, schema]) => `${comment(schema.description)}export interface ${name} ${objectType(schema, '')}`,
  );
  return `// The types of the broker's JSON-RPC protocol. Generated; docs/json-rpc.md describes every method.
${named.join('\n\n')}

interface Methods {
${Object.entries(methods).map(methodEntry).join('\n')}
}

interface Notifications {
${Object.entries(notifications).map(notificationEntry).join('\n')}
}

export type MethodName = keyof Methods;
export type ParamsOf<Name extends MethodName> = Methods[Name]['params'];
export type ResultOf<Name extends MethodName> = Methods[Name]['result'];
export type NotificationName = keyof Notifications;
export type NotificationOf<Name extends NotificationName> = Notifications[Name];
`;
}

function methodEntry([name, { summary, parameters, result }]) {
  const members = `    params: ${typeOf(parameters, '    ')};\n    result: ${typeOf(result, '    ')};`;
  return `${comment(summary, '  ')}  '${name}': {\n${members}\n  };`;
}

function notificationEntry([name, { summary, parameters }]) {
  return `${comment(summary, '  ')}  '${name}': ${typeOf(parameters, '  ')};`;
}

function typeOf(schema, indent) {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => typeOf(each, indent)).join(' | ');
  if (schema.type === 'array') return `readonly (${typeOf(schema.items, indent)})[]`;
  if (schema.type === 'object' || schema.properties !== undefined) return objectType(schema, indent);
  if (schema.type === 'integer') return 'number';
  return ['string', 'number', 'boolean', 'null'].includes(schema.type) ? schema.type : 'unknown';
}

function objectType({ properties = {}, required = [], additionalProperties }, indent) {
  const names = Object.keys(properties);
  if (names.length === 0) return recordType(additionalProperties, indent);
  const inner = `${indent}  `;
  const members = names.map((name) => {
    const mark = required.includes(name) ? '' : '?';
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const member = `${inner}readonly ${key}${mark}: ${typeOf(properties[name], inner)}`;
    return `${comment(properties[name].description, inner)}${member}${mark === '' ? '' : ' | undefined'};`;
  });
  return `{\n${members.join('\n')}\n${indent}}`;
}

function recordType(values, indent) {
  if (values === false) return 'Readonly<Record<string, never>>';
  if (typeof values !== 'object' || Object.keys(values).length === 0) return 'Readonly<Record<string, unknown>>';
  return `Readonly<Record<string, ${typeOf(values, indent)}>>`;
}

function comment(text, indent = '') {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /')} */\n`;
}
