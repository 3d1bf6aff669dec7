import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { RPC_METHODS } from '../../ts-core/endpoints/rpc/features.js';

interface Protocol {
  readonly methods: Readonly<
    Record<string, { readonly access: object; readonly parameters: object; readonly result: object }>
  >;
  readonly notifications: Readonly<Record<string, { readonly parameters: object }>>;
  readonly types: Readonly<Record<string, { readonly properties: object; readonly description: string }>>;
}

describe('build/protocol.json', () => {
  const path = new URL('../../../build/protocol.json', import.meta.url);
  const protocol = JSON.parse(readFileSync(path, 'utf8')) as Protocol;

  it('has every method with access, parameters and result', () => {
    assert.deepEqual(
      Object.keys(protocol.methods),
      RPC_METHODS.map(({ name }) => name),
    );
    const { access, parameters, result } = protocol.methods['lockout/reset'] ?? assert.fail();
    assert.deepEqual(access, { administrator: 'all', observer: 'none', standardUser: 'none', sandboxedApp: 'none' });
    assert.deepEqual(Object.keys((parameters as { properties: object }).properties), ['user']);
    assert.deepEqual(result, { $ref: '#/types/Lockout' });
  });

  it('has the notifications', () => {
    assert.deepEqual(protocol.notifications['event/raised']?.parameters, { $ref: '#/types/RaisedEvent' });
  });

  it('refers only to types that it has, and has no other types', () => {
    const text = JSON.stringify(protocol);
    const referred = new Set([...text.matchAll(/"\$ref":"#\/types\/(\w+)"/g)].map(([, name]) => name));
    assert.ok(referred.size > 30, `${referred.size} types`);
    assert.deepEqual([...referred].sort(), Object.keys(protocol.types).sort());
    assert.ok(!text.includes('$defs'));
  });
});
