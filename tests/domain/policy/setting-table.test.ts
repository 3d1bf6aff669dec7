/**
 * Tests that one row for each setting is enough: the handling of the setting in every source follows from its row.
 */
import assert from 'node:assert/strict';
import { readSettings } from '../../../ts-core/domain/policy/policy-file.js';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { settingsOfRegistry } from '../../../ts-core/domain/policy/registry-settings.js';
import { RegistryValues } from '../../../ts-core/domain/policy/registry-values.js';
import type { Setting } from '../../../ts-core/domain/policy/setting-kinds.js';
import {
  isClassListName,
  isPolicySettingName,
  POLICY_KEY,
  POLICY_SETTINGS,
  PREFERENCE_KEY,
} from '../../../ts-core/domain/policy/setting-table.js';
import {
  DEFAULT_POLICY_SETTINGS,
  type PolicySettingName,
  type SettingSource,
} from '../../../ts-core/domain/policy/settings.js';
import { dword, sz } from '../../support/registry-pol-writer.js';

const ROWS = Object.entries(POLICY_SETTINGS) as readonly (readonly [PolicySettingName, Setting])[];
const SOURCE: SettingSource = { kind: 'registryPol', location: 'test.pol' };

/** Returns a valid value of the setting, and how the registry holds it. */
function exampleOf({
  kind,
  registry,
}: Setting): readonly [entry: readonly [string, string, number | string], value: unknown] {
  if ('keys' in registry) return [[registry.keys.standardUser, '17B', registry.data], { standardUser: [0x17b] }];
  if (kind === 'codes') return [[registry.key, '379', '379'], [379]];
  assert.ok('valueName' in registry);
  const number = { flag: 1, number: 7, authLevel: 2, classLists: 0 }[kind];
  return [[registry.key, registry.valueName, number], kind === 'flag' ? true : number];
}

function readRegistry(key: string, valueName: string, data: number | string) {
  const value =
    typeof data === 'number'
      ? { type: REGISTRY_TYPES.REG_DWORD, data: dword(data) }
      : { type: REGISTRY_TYPES.REG_SZ, data: sz(data) };
  return settingsOfRegistry(RegistryValues.from([{ key, valueName, source: SOURCE, ...value }]));
}

describe('the table of policy settings', () => {
  for (const [name, setting] of ROWS) {
    it(`has a default of ${name} that its own kind accepts`, () => {
      if (setting.default === undefined) return;
      assert.deepEqual(readSettings({ [name]: setting.default }), { values: { [name]: setting.default }, refused: [] });
      assert.deepEqual(DEFAULT_POLICY_SETTINGS[name], setting.default);
    });

    it(`has the place where the registry’s value for ${name} becomes the setting`, () => {
      const [[key, valueName, data], expected] = exampleOf(setting);
      const { values, sources, problems } = readRegistry(key, valueName, data);
      assert.deepEqual([values, problems], [{ [name]: expected }, []]);
      assert.deepEqual(sources[name], SOURCE);
      assert.ok(key.startsWith(POLICY_KEY) || key.startsWith(PREFERENCE_KEY), key);
    });
  }

  it('clamps a number from the registry to its bounds and reports that; a file with it is refused', () => {
    for (const [name, setting] of ROWS) {
      if (setting.kind !== 'number') continue;
      const { key, valueName } = setting.registry;
      const { values, problems } = readRegistry(key, valueName, setting.bounds.max + 1);
      assert.equal(values[name], setting.bounds.max);
      assert.match(problems[0]?.message ?? '', /out of range/);
      assert.equal(readSettings({ [name]: setting.bounds.max + 1 }).refused.length, 1, name);
      assert.ok(setting.default >= setting.bounds.min && setting.default <= setting.bounds.max, name);
    }
  });

  it('gives no two settings the same place in the registry', () => {
    const places = ROWS.flatMap(([, { registry }]) => {
      if ('keys' in registry) return Object.values(registry.keys).map((key) => `${key}: ${registry.data}`);
      return ['valueName' in registry ? `${registry.key}\\${registry.valueName}` : registry.key];
    });
    assert.equal(new Set(places).size, places.length);
  });

  it('knows the names of its settings, and which are lists by class', () => {
    assert.ok(isPolicySettingName('maxContexts') && !isPolicySettingName('toString'));
    assert.deepEqual(ROWS.map(([name]) => name).filter(isClassListName), ['allowedCommands', 'disallowedCommands']);
  });
});
