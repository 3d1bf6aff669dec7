import assert from 'node:assert/strict';
import { type RegistryReader, readWindowsRegistry } from '../../../ts-core/adapters/policy/windows-registry.js';
import { dword, sz } from '../../support/registry-pol-writer.js';

type Values = Readonly<Record<string, { type: number; data: Uint8Array }>>;

const POLICY = 'Software\\Policies\\Microsoft\\TPM';
const PREFERENCES = 'Software\\Microsoft\\Tpm';

function registryOf(keys: Readonly<Record<string, Values>>): RegistryReader {
  return {
    registryValues: (key) =>
      keys[key] === undefined
        ? undefined
        : Object.entries(keys[key]).map(([name, { type, data }]) => ({ name, type, data })),
    registrySubkeys: (key) => {
      const below = Object.keys(keys).filter((each) => each.startsWith(`${key}\\`));
      const names = below.map((each) => each.slice(key.length + 1).split('\\')[0] ?? '');
      return below.length === 0 && keys[key] === undefined ? undefined : [...new Set(names)];
    },
  };
}

function namesIn(registry: RegistryReader): readonly string[] {
  const reading = readWindowsRegistry(registry);
  assert.equal(reading.state, 'read');
  return reading.state === 'read' ? reading.values.map(({ key, valueName }) => `${key}\\${valueName}`) : [];
}

describe("policy in Windows' registry", () => {
  it('is empty if there are no keys', () => {
    assert.deepEqual(namesIn(registryOf({})), []);
  });

  it('is everything below the policy key, and from the TPM’s own key only the values that policy can set', () => {
    const one = { type: 4, data: dword(1) };
    const registry = registryOf({
      [POLICY]: { OSManagedAuthLevel: one },
      [`${POLICY}\\BlockedCommands`]: { Enabled: one },
      [`${POLICY}\\BlockedCommands\\List`]: { 170: { type: 1, data: sz('170') } },
      [PREFERENCES]: { MaxContexts: one, OwnerAuthFull: { type: 1, data: sz('secret') } },
      [`${PREFERENCES}\\BlockedCommands\\List`]: { 1: { type: 1, data: sz('1') } },
      [`${PREFERENCES}\\AllowedW8Commands\\List`]: { '17b': one },
    });
    assert.deepEqual(namesIn(registry), [
      `${POLICY}\\OSManagedAuthLevel`,
      `${POLICY}\\BlockedCommands\\Enabled`,
      `${POLICY}\\BlockedCommands\\List\\170`,
      `${PREFERENCES}\\MaxContexts`,
      `${PREFERENCES}\\AllowedW8Commands\\List\\17b`,
    ]);
  });

  it('reports why it cannot be read', () => {
    const registry = { ...registryOf({}), registryValues: () => assert.fail('Access is denied (5), RegOpenKeyExW') };
    const reading = readWindowsRegistry(registry);
    assert.deepEqual(reading, { state: 'unusable', reason: 'Access is denied (5), RegOpenKeyExW' });
  });

  it('is not read if it is larger than any policy', () => {
    const many = Object.fromEntries(
      Array.from({ length: 16_385 }, (_, index) => [String(index), { type: 4, data: dword(1) }]),
    );
    const reading = readWindowsRegistry(registryOf({ [POLICY]: many }));
    assert.equal(reading.state, 'unusable');
  });
});
