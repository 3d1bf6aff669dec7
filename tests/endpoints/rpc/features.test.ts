/**
 * Tests that the contracts of the protocol contain what documentation and clients in other languages derive from
 * them.
 */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { RPC_METHODS, RPC_NOTIFICATIONS } from '../../../ts-core/endpoints/rpc/features.js';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
}

/** Returns every object of the schema with its path. */
function objectsIn(schema: Schema, place: string): readonly (readonly [string, Schema])[] {
  const parts: (readonly [string, Schema])[] = [
    ...Object.entries(schema.$defs ?? {}).map(([name, each]) => [name, each] as const),
    ...Object.entries(schema.properties ?? {}).map(([name, each]) => [`${place}.${name}`, each] as const),
    ...(schema.items === undefined ? [] : [[`${place}[]`, schema.items] as const]),
    ...(schema.anyOf ?? []).map((each) => [place, each] as const),
  ];
  const inside = parts.flatMap(([name, each]) => objectsIn(each, name));
  return schema.properties === undefined ? inside : [[place, schema], ...inside];
}

describe('the contracts of the protocol', () => {
  const objects = [
    ...RPC_METHODS.flatMap(({ name, params, result }) => [
      ...objectsIn(z.toJSONSchema(params, { io: 'input' }) as Schema, `${name} parameters`),
      ...objectsIn(z.toJSONSchema(result) as Schema, `${name} result`),
    ]),
    ...RPC_NOTIFICATIONS.flatMap(({ notification, params }) =>
      objectsIn(z.toJSONSchema(params) as Schema, notification),
    ),
  ];

  it('name each method once, as resource/verb', () => {
    const names = RPC_METHODS.map(({ name }) => name);
    assert.ok(names.length > 40, `${names.length} methods`);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z][A-Za-z]+\/[a-z][A-Za-z]+$/);
  });

  it('describe every parameter and every property of a result', () => {
    const undescribed = objects.flatMap(([place, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, { description }]) => description === undefined || description === '')
        .map(([name]) => `${place}: ${name}`),
    );
    assert.ok(objects.length > 60, `${objects.length} objects`);
    assert.deepEqual(undescribed, []);
  });

  it('refuse properties that they do not describe', () => {
    const open = objects.filter(([, { additionalProperties }]) => additionalProperties !== false);
    assert.deepEqual(
      open.map(([place]) => place),
      [],
    );
  });

  it('summarize each method in a sentence', () => {
    for (const { name, summary } of RPC_METHODS) assert.match(summary, /^[A-Z].+\.$/s, name);
  });
});
