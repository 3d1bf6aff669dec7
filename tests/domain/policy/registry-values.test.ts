import assert from 'node:assert/strict';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import { RegistryValues, textOf } from '../../../ts-core/domain/policy/registry-values.js';
import type { SettingSource } from '../../../ts-core/domain/policy/settings.js';
import { dword, type PolEntryInput, sz } from '../../support/registry-pol-writer.js';

const KEY = 'Software\\Policies\\Microsoft\\TPM';
const LIST = `${KEY}\\BlockedCommands\\List`;

const source = (location: string): SettingSource => ({ kind: 'registryPol', location });
const value = (key: string, valueName: string, number = 1): PolEntryInput => ({
  ...{ key, valueName },
  ...{ type: REGISTRY_TYPES.REG_DWORD, data: dword(number) },
});
const special = (key: string, valueName: string, text = ''): PolEntryInput => ({
  ...{ key, valueName },
  ...{ type: REGISTRY_TYPES.REG_SZ, data: sz(text) },
});

/** The values after these files, each named by its place: 1, 2, … */
function applied(...files: readonly (readonly PolEntryInput[])[]): RegistryValues {
  const registry = new RegistryValues();
  for (const [index, entries] of files.entries()) registry.apply(entries, source(`${index + 1}`));
  return registry;
}

const placeOf = (by: SettingSource | undefined) => by?.location;

describe('registry values', () => {
  it('are found whatever the case of key and name, and with any backslashes around the key', () => {
    const registry = applied([value(KEY, 'Enabled', 7)]);
    for (const key of [KEY.toUpperCase(), `\\\\${KEY}\\\\`, KEY.toLowerCase()]) {
      assert.deepEqual(registry.get(key, 'ENABLED')?.data, dword(7));
    }
    assert.equal(registry.get(KEY, 'Other'), undefined);
    assert.equal(registry.get(`${KEY}\\x`, 'Enabled'), undefined);
    assert.deepEqual(registry.keys(), [KEY.toLowerCase()]);
    assert.deepEqual(registry.valuesOf('nothing'), []);
  });

  it('of a registry itself have no special names', () => {
    const registry = RegistryValues.from([{ ...value(KEY, '**del.Enabled'), source: source('here') }]);
    assert.equal(registry.get(KEY, '**del.Enabled')?.source.location, 'here');
  });

  it('may have names that end like a special name', () => {
    const names = ['my**del.x', 'my**soft.x', 'my**delvals.', 'my**DeleteValues', 'my**DeleteKeys'];
    const registry = applied([value(KEY, 'x'), ...names.map((name) => special(KEY, name, 'x'))]);
    assert.deepEqual(
      registry.valuesOf(KEY).map(({ valueName }) => valueName),
      ['x', ...names],
    );
  });

  it('are not created by an entry that only creates a key, nor by a special name that sets permissions', () => {
    const none = { key: KEY, valueName: '', type: REGISTRY_TYPES.REG_NONE, data: new Uint8Array(0) };
    assert.deepEqual(applied([none, special(KEY, '**SecureKey')]).keys(), []);
    for (const some of [
      { ...none, data: dword(1) },
      { ...none, type: REGISTRY_TYPES.REG_SZ },
      { ...none, valueName: 'x' },
    ]) {
      assert.equal(applied([some]).valuesOf(KEY).length, 1);
    }
  });
});

describe('a registry value that several files set', () => {
  const othersOf = (...files: readonly (readonly PolEntryInput[])[]) =>
    applied(...files)
      .get(KEY, 'A')
      ?.alsoFrom?.map(({ location }) => location);

  it('names the earlier ones that set the same, since the value stays without the last one', () => {
    const same = [value(KEY, 'A')];
    assert.deepEqual(othersOf(same, same, same), ['1', '2']);
    assert.equal(othersOf(same), undefined);
    assert.equal(othersOf([...same, ...same]), undefined, 'one file that repeats itself');
  });

  it('names no earlier one that set other data, or another type', () => {
    const same = value(KEY, 'A');
    assert.equal(othersOf([same], [value(KEY, 'A', 2)]), undefined);
    assert.equal(othersOf([same], [{ ...same, type: REGISTRY_TYPES.REG_BINARY }]), undefined);
  });
});

describe('deletions of registry values', () => {
  it('remove one value, and record the source until it is set again', () => {
    const registry = applied([value(KEY, 'Enabled'), value(KEY, 'Other')], [special(KEY, '**DEL.ENABLED')]);
    assert.equal(registry.get(KEY, 'Enabled'), undefined);
    assert.equal(placeOf(registry.deletionOf(KEY, 'enabled')), '2');
    assert.equal(registry.deletionOf(KEY, 'Other'), undefined, 'it is there');
    assert.equal(registry.deletionOf(KEY, 'Third'), undefined, 'nobody deleted it');
    registry.apply([value(KEY, 'Enabled')], source('3'));
    assert.equal(registry.deletionOf(KEY, 'Enabled'), undefined);
    registry.apply([special(KEY, '**del.Enabled')], source('4'));
    assert.equal(placeOf(registry.deletionOf(KEY, 'Enabled')), '4');
  });

  it('forget an earlier deletion of a value that was set again', () => {
    const registry = applied([special(LIST, '**del.A')], [value(LIST, 'A')], [special(KEY, '**del.x')]);
    registry.apply([special(LIST, '**delvals.')], source('5'));
    assert.equal(placeOf(registry.deletionOf(LIST, 'A')), '5');
  });

  it('remove every value of the key', () => {
    const registry = applied(
      [value(LIST, 'A'), value(LIST, 'B'), value(KEY, 'Enabled')],
      [special(LIST, '**delvals.')],
    );
    assert.deepEqual(registry.valuesOf(LIST), []);
    assert.equal(registry.valuesOf(KEY).length, 1, 'and none of another key');
    assert.deepEqual([placeOf(registry.deletionOf(LIST, 'A')), placeOf(registry.deletionOf(LIST, 'C'))], ['2', '2']);
    registry.apply([value(LIST, 'A')], source('3'));
    const again = [registry.deletionOf(LIST, 'A'), registry.deletionOf(LIST, 'C')].map(placeOf);
    assert.deepEqual(again, [undefined, '2'], 'A is set again');
  });

  it('remove the named values', () => {
    const registry = applied(
      [value(LIST, 'A'), value(LIST, 'B'), value(LIST, 'C')],
      [special(LIST, '**DeleteValues', ' a ;; C')],
    );
    assert.deepEqual(
      registry.valuesOf(LIST).map(({ valueName }) => valueName),
      ['B'],
    );
    assert.equal(placeOf(registry.deletionOf(LIST, 'C')), '2');
    assert.equal(registry.deletionOf(LIST, ''), undefined);
  });

  it('remove keys with everything below them, named relative to their position', () => {
    const registry = applied(
      [value(LIST, 'A'), value(KEY, 'Enabled')],
      [special(KEY, '**DeleteKeys', 'BlockedCommands')],
    );
    assert.deepEqual(registry.keys(), [KEY.toLowerCase()]);
    assert.equal(placeOf(registry.deletionOf(LIST, 'A')), '2');
    assert.equal(placeOf(registry.deletionIn(`${KEY}\\BlockedCommands\\List`)), '2');
    assert.equal(registry.deletionIn(`${KEY}\\BlockedCommandsAlso`), undefined, 'a name that only begins alike');
    assert.equal(registry.deletionIn(KEY), undefined, 'it has values');
  });

  it('remove keys that are named by their full path, with and without the hive', () => {
    for (const path of [KEY, `HKLM\\${KEY}`, `hkey_local_machine\\${KEY}`]) {
      const registry = applied([value(LIST, 'A')], [special('Software\\Other', '**DeleteKeys', path)]);
      assert.deepEqual(registry.keys(), [], path);
      assert.equal(placeOf(registry.deletionIn(KEY)), '2', path);
    }
    const relative = applied([value(LIST, 'A')], [special('', '**DeleteKeys', 'HKLM\\Software')]);
    assert.deepEqual(relative.keys(), []);
    const inside = applied(
      [value('x\\software\\b', 'A'), value('a\\x\\software\\b', 'A')],
      [special('a', '**DeleteKeys', 'x\\software\\b')],
    );
    assert.deepEqual(inside.keys(), ['x\\software\\b'], 'no full path');
    const hiveInside = applied(
      [value('software\\hklm\\x', 'A'), value('software\\x', 'A')],
      [special('', '**DeleteKeys', 'Software\\HKLM\\x')],
    );
    assert.deepEqual(hiveInside.keys(), ['software\\x'], 'a key that is called like a hive');
  });

  it('of a tree are remembered for keys that never existed, the last one of several', () => {
    const registry = applied(
      [special('', '**DeleteKeys', 'Software\\Policies')],
      [special('', '**DeleteKeys', KEY)],
      [special('', '**DeleteKeys', 'Software\\Policies')],
    );
    assert.equal(placeOf(registry.deletionOf(KEY, 'Enabled')), '3');
    assert.equal(placeOf(registry.deletionIn(LIST)), '3');
    assert.equal(registry.deletionIn('Software'), undefined);
  });

  it('record the last source of a deletion in a key while the key is empty', () => {
    const registry = applied([value(LIST, 'A'), value(LIST, 'B')], [special(LIST, '**del.A')]);
    assert.equal(registry.deletionIn(LIST), undefined, 'B is there');
    registry.apply([special(LIST, '**del.B')], source('3'));
    registry.apply([special(LIST, '**del.A')], source('4'));
    assert.equal(placeOf(registry.deletionIn(LIST)), '4');
    assert.equal(registry.deletionIn(KEY), undefined, 'nobody deleted anything there');
  });

  it('leave soft values if something is there', () => {
    const registry = applied([value(KEY, 'A', 1)], [value(KEY, '**soft.A', 2), value(KEY, '**SOFT.B', 3)]);
    assert.deepEqual(registry.get(KEY, 'A')?.data, dword(1));
    assert.deepEqual(registry.get(KEY, 'B')?.data, dword(3));
    assert.equal(placeOf(registry.get(KEY, 'B')?.source), '2');
  });
});

describe('the text of a registry value', () => {
  it('is UTF-16LE up to the first zero; an odd last byte is left out', () => {
    assert.equal(textOf(sz('\u20acABC')), '\u20acABC');
    assert.equal(textOf(Uint8Array.of(0x41, 0, 0x42, 0x01, 0x43)), 'A\u0142');
    assert.equal(textOf(Uint8Array.of(0x41, 0, 0, 0, 0x42, 0)), 'A');
    assert.equal(textOf(new Uint8Array(0)), '');
  });
});
