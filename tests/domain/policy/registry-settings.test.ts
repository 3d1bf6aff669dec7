import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { decodeRegistryPol, REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import {
  mayConcernTpm,
  PREFERENCE_LIST_KEYS,
  PREFERENCE_VALUES,
  settingsOfRegistry,
} from '../../../ts-core/domain/policy/registry-settings.js';
import { RegistryValues } from '../../../ts-core/domain/policy/registry-values.js';
import { type SettingSource, sourceOfCode } from '../../../ts-core/domain/policy/settings.js';
import { groupPolicyBytes } from '../../support/group-policy-fixture.js';
import { dword, encodeRegistryPol, type PolEntryInput, sz } from '../../support/registry-pol-writer.js';

const source = (location: string): SettingSource => ({ kind: 'registryPol', location });

function registryOf(...files: readonly (readonly [string, Uint8Array])[]): RegistryValues {
  const registry = new RegistryValues();
  for (const [location, bytes] of files) {
    const reading = decodeRegistryPol(bytes);
    if (reading.verdict === 'damaged') throw new Error(reading.reason);
    registry.apply(reading.entries, source(location));
  }
  return registry;
}
const settingsOf = (...files: readonly string[]) =>
  settingsOfRegistry(registryOf(...files.map((name) => [name, groupPolicyBytes(name)] as const)));

const TPM = 'Software\\Policies\\Microsoft\\TPM';
const LIST = `${TPM}\\BlockedCommands\\List`;
const entry = (key: string, valueName: string, value: number | string): PolEntryInput =>
  typeof value === 'number'
    ? { key, valueName, type: REGISTRY_TYPES.REG_DWORD, data: dword(value) }
    : { key, valueName, type: REGISTRY_TYPES.REG_SZ, data: sz(value) };
const fromEntries = (...files: readonly (readonly PolEntryInput[])[]) =>
  settingsOfRegistry(
    registryOf(...files.map((entries, index) => [`${index}.pol`, encodeRegistryPol(entries)] as const)),
  );

describe('registry values of Group Policy', () => {
  it('become settings, each with the file that set it', () => {
    const { values, sources, problems } = settingsOf('baseline.pol');
    deepEqual(values, {
      osManagedAuthLevel: 4,
      activeDirectoryBackup: true,
      requireActiveDirectoryBackup: true,
      standardUserAuthorizationFailureDurationMinutes: 480,
      standardUserAuthorizationFailureIndividualThreshold: 4,
      standardUserAuthorizationFailureTotalThreshold: 9,
      blockedCommandsEnabled: true,
      ignoreDefaultList: false,
      ignoreLocalList: true,
      blockedCommands: [129, 170],
    });
    deepEqual(problems, []);
    for (const name of Object.keys(values)) deepEqual(sources[name as keyof typeof sources], source('baseline.pol'));
  });

  it('are deleted by a later file according to [MS-GPREG], whatever the case of their names', () => {
    const { values, problems } = settingsOf('baseline.pol', 'deletions.pol');
    deepEqual(problems, []);
    equal(values.osManagedAuthLevel, undefined);
    equal(values.activeDirectoryBackup, undefined);
    equal(values.requireActiveDirectoryBackup, undefined);
    equal(values.standardUserAuthorizationFailureDurationMinutes, 480, '**soft. does not replace what is there');
    deepEqual(values.blockedCommands, [379], '**delvals. empties the list before 379 is added');
    equal(values.blockedCommandsEnabled, true);
  });

  it('are set by **soft. if nothing was there', () => {
    equal(settingsOf('deletions.pol').values.standardUserAuthorizationFailureDurationMinutes, 30);
  });

  it('are deleted with the whole key under **DeleteKeys', () => {
    deepEqual(settingsOf('baseline.pol', 'delete-keys.pol').values, {
      standardUserAuthorizationFailureTotalThreshold: 20,
    });
  });

  it('are not affected by a deletion that precedes them', () => {
    const { values } = settingsOf('deletions.pol', 'baseline.pol');
    equal(values.osManagedAuthLevel, 4);
    deepEqual(values.blockedCommands, [129, 170, 379]);
  });

  it('merge lists entry by entry, and name every file that contributed', () => {
    const { values, sources } = fromEntries([entry(LIST, '1', '1')], [entry(LIST, '2', '2'), entry(LIST, '1', '1')]);
    deepEqual(values.blockedCommands, [1, 2]);
    deepEqual(sources.blockedCommands, source('0.pol, 1.pol'));
    deepEqual(
      fromEntries([entry(LIST, '1', '1')], [entry(LIST, '2', '2')]).sources.blockedCommands,
      source('0.pol, 1.pol'),
    );
  });

  it('let the last file win, value by value', () => {
    const name = 'StandardUserAuthorizationFailureTotalThreshold';
    const { values } = fromEntries(
      [entry(TPM, name, 3), entry(TPM, 'OSManagedAuthLevel', 2)],
      [entry(TPM.toUpperCase(), name.toLowerCase(), 5)],
    );
    equal(values.standardUserAuthorizationFailureTotalThreshold, 5);
    equal(values.osManagedAuthLevel, 2);
  });

  it('are ignored or clamped if they are invalid, each with a report', () => {
    const { values, problems } = settingsOf('slips.pol');
    deepEqual(values, {
      blockedCommandsEnabled: true,
      activeDirectoryBackup: false,
      requireActiveDirectoryBackup: true,
      standardUserAuthorizationFailureIndividualThreshold: 100,
      standardUserAuthorizationFailureTotalThreshold: 100,
      maxContexts: 1,
      blockedCommands: [170],
      allowedCommands: { standardUser: [0x20000001], sandboxedApp: [0x17c] },
      disallowedCommands: { standardUser: [0x17b] },
    });
    const told = problems.map(({ message }) => message);
    for (const wanted of [
      /OSManagedAuthLevel: 3 is not a level .* is ignored/,
      /FailureDuration: a REG_DWORD is expected, not REG_SZ/,
      /IndividualThreshold: 101 is out of range \(0 to 100\) and counts as 100/,
      /TotalThreshold: 4294967295 is out of range/,
      /OSManagedAuthLevle: is not a known value/,
      /Enabled: 2 is out of range \(0 or 1\) and counts as 1/,
      /List\\129: name and data \("170"\) differ/,
      /List\\0x17B: the name is not a command code in decimal/,
      /List\\130: a REG_SZ is expected, not REG_DWORD of 4 bytes/,
      /List\\GetRandom: the name is not a command code in hexadecimal/,
      /MaxContexts: 0 is out of range \(1 to 65536\) and counts as 1/,
    ]) {
      equal(told.filter((message) => wanted.test(message)).length, 1, `${wanted} in ${told.join('\n')}`);
    }
    ok(!told.join().includes('ClearTPMIfNotReadyGP'), 'a value for Windows alone is right in a shared GPO');
    equal(told.length, 11, told.join('\n'));
  });

  it('report a required backup that is not on, and leave it off', () => {
    const registry = settingsOf('slips.pol');
    const { settings, problems } = mergePolicy([registry], 1);
    equal(settings.activeDirectoryBackup, false);
    equal(settings.requireActiveDirectoryBackup, false);
    ok(
      problems.some(
        ({ setting, message }) => setting === 'requireActiveDirectoryBackup' && /has no effect/.test(message),
      ),
    );
  });

  it('ignore a list for any number except 0', () => {
    const { values } = fromEntries([entry(`${TPM}\\BlockedCommands`, 'IgnoreDefaultList', 7)]);
    equal(values.ignoreDefaultList, true);
  });

  it('do not take the default value of a key for a list entry', () => {
    const { values, problems } = fromEntries([entry(LIST, '', ''), entry(LIST, '5', '5')]);
    deepEqual(values.blockedCommands, [5]);
    deepEqual(problems, []);
  });

  it('limit a list', () => {
    const many = Array.from({ length: 5000 }, (_, code) => entry(LIST, `${code}`, `${code}`));
    const { values, problems } = fromEntries(many);
    equal(values.blockedCommands?.length, 4096);
    ok(problems.length > 0);
    ok(mergePolicy([fromEntries(many)], 1).problems.length <= 257);
  });

  it('let a later file restore an entry of an allowed list that an earlier one removed', () => {
    const list = 'SOFTWARE\\Microsoft\\TPM\\AllowedW8Commands\\List';
    const { values, sources } = fromEntries(
      [entry(list, '0000017B', 0), entry(list, '17C', 0)],
      [entry(list, '0000017b', 1)],
    );
    deepEqual(values.allowedCommands, { administrator: [0x17b] });
    deepEqual(values.disallowedCommands, { administrator: [0x17c] });
    deepEqual(sources.disallowedCommands, source('0.pol'));
  });

  it('set nothing for a key without values', () => {
    const { values, problems } = fromEntries([
      { key: LIST, valueName: '', type: REGISTRY_TYPES.REG_NONE, data: new Uint8Array(0) },
    ]);
    deepEqual([values, problems], [{}, []]);
  });
});

describe('keys that may concern a TPM', () => {
  it('are those of TPM policy, what is below them, and what is above', () => {
    for (const key of [
      TPM,
      TPM.toUpperCase(),
      `\\\\${TPM}\\\\`,
      LIST,
      'Software',
      'Software\\\\',
      'SOFTWARE\\Policies\\Microsoft',
      '',
      '\\\\',
    ]) {
      ok(mayConcernTpm(key), key);
    }
    ok(mayConcernTpm('Software\\Microsoft\\TPM'), 'preferences');
    for (const key of [
      `${TPM}X`,
      'Software\\Policies\\Micro',
      'Software\\Policies\\Other',
      'Soft',
      'x\\Software',
      'Software\\\\Policies',
    ]) {
      ok(!mayConcernTpm(key), key);
    }
  });
});

describe('the part of the preferences that is policy', () => {
  it('is the limits, and the lists of allowed commands', () => {
    deepEqual(PREFERENCE_VALUES, ['MaxContexts', 'MaxContextsPerUser', 'MaxResources']);
    deepEqual(
      PREFERENCE_LIST_KEYS,
      ['Commands', 'UserCommands', 'AppContainerCommands'].map(
        (list) => `Software\\Microsoft\\Tpm\\AllowedW8${list}\\List`,
      ),
    );
  });
});

describe('registry values that are deleted', () => {
  const deletion = (key: string, valueName: string): PolEntryInput => ({
    ...{ key, valueName, type: REGISTRY_TYPES.REG_SZ, data: sz('') },
  });
  const ALLOWED = 'SOFTWARE\\Microsoft\\TPM\\AllowedW8Commands\\List';

  it('clear their settings, and name the source of the deletion', () => {
    const { values, cleared } = fromEntries(
      [entry(TPM, 'OSManagedAuthLevel', 2), entry(LIST, '5', '5'), entry(ALLOWED, '17B', 1)],
      [deletion(TPM, '**del.OSManagedAuthLevel'), deletion(LIST, '**delvals.'), deletion(ALLOWED, '**delvals.')],
    );
    deepEqual(values, {});
    deepEqual(cleared, {
      osManagedAuthLevel: source('1.pol'),
      blockedCommands: source('1.pol'),
      allowedCommands: source('1.pol'),
      disallowedCommands: source('1.pol'),
    });
  });

  it('clear the lists of all classes, whichever class the deletion names', () => {
    const ofApps = ALLOWED.replace('Commands', 'AppContainerCommands');
    const { cleared } = fromEntries([entry(ofApps, '17B', 1)], [deletion(ofApps, '**delvals.')]);
    deepEqual(cleared, { allowedCommands: source('1.pol'), disallowedCommands: source('1.pol') });
  });

  it('clear nothing that was not deleted', () => {
    deepEqual(fromEntries([entry(TPM, 'OSManagedAuthLevel', 2)]).cleared, {});
    deepEqual(fromEntries([]), { values: {}, sources: {}, codeSources: {}, cleared: {}, problems: [] });
  });
});

describe('the sources of the codes of a list', () => {
  const ALLOWED = 'SOFTWARE\\Microsoft\\TPM\\AllowedW8UserCommands\\List';
  const inPolicy = (...files: readonly (readonly PolEntryInput[])[]) => mergePolicy([fromEntries(...files)], 1);

  it('are all that name the code now, so that nobody expects removing one of them to suffice', () => {
    const policy = inPolicy([entry(LIST, '294', '294'), entry(LIST, '379', '379')], [entry(LIST, '294', '294')]);
    equal(sourceOfCode(policy, 'blockedCommands', 294).location, '0.pol, 1.pol');
    equal(sourceOfCode(policy, 'blockedCommands', 379).location, '0.pol');
    equal(policy.sources.blockedCommands.location, '0.pol, 1.pol');
  });

  it('are GPOs if GPOs made the list: the last one, with the names of all', () => {
    const gpo = (name: string): SettingSource => ({
      kind: 'groupPolicy',
      location: `GPO "${name}"`,
      gpo: { guid: `{${name}}`, name, link: undefined, isEnforced: false },
    });
    const registry = new RegistryValues();
    for (const name of ['Base', 'Linux']) registry.apply([entry(LIST, '294', '294')], gpo(name));
    const { sources, codeSources } = settingsOfRegistry(registry);
    const both = { ...gpo('Linux'), location: 'GPO "Base", GPO "Linux"' };
    deepEqual([sources.blockedCommands, codeSources.blockedCommands], [both, { 294: both }]);
  });

  it('do not include those whose entry was deleted later', () => {
    const deletion = entry(LIST, '**del.294', ' ');
    const policy = inPolicy([entry(LIST, '294', '294')], [deletion], [entry(LIST, '294', '294')]);
    equal(sourceOfCode(policy, 'blockedCommands', 294).location, '2.pol');
  });

  it('are those of the requested class', () => {
    const forAdministrators = ALLOWED.replace('User', '');
    const policy = inPolicy([entry(ALLOWED, '126', 1), entry(forAdministrators, '17b', 1)], [entry(ALLOWED, '126', 1)]);
    equal(sourceOfCode(policy, 'allowedCommands', 294, 'standardUser').location, '0.pol, 1.pol');
    equal(sourceOfCode(policy, 'allowedCommands', 379, 'administrator').location, '0.pol');
  });

  it('do not include those whose entry says something else', () => {
    const policy = inPolicy([entry(ALLOWED, '126', 0)], [entry(ALLOWED, '126', 1)]);
    equal(sourceOfCode(policy, 'allowedCommands', 294, 'standardUser').location, '1.pol');
    deepEqual(policy.settings.disallowedCommands.standardUser, []);
  });

  it('are replaced by a stronger source that replaces the list', () => {
    const weaker = fromEntries([entry(LIST, '294', '294'), entry(ALLOWED, '17b', 1)]);
    const file: SettingSource = { kind: 'policyFile', location: '90.json' };
    const lists = { blockedCommands: [294], allowedCommands: { standardUser: [379] } };
    const policy = mergePolicy([weaker, layerOf(file, lists)], 1);
    equal(sourceOfCode(policy, 'blockedCommands', 294).location, '90.json');
    equal(sourceOfCode(policy, 'allowedCommands', 379, 'standardUser').location, '90.json');
  });

  it('disappear with a list that a stronger source disables', () => {
    const off: SettingSource = { kind: 'policyFile', location: 'off' };
    const cleared = { values: {}, sources: {}, problems: [], cleared: { blockedCommands: off, allowedCommands: off } };
    const policy = mergePolicy([fromEntries([entry(LIST, '294', '294'), entry(ALLOWED, '17b', 1)]), cleared], 1);
    equal(sourceOfCode(policy, 'blockedCommands', 294).location, 'off');
    equal(sourceOfCode(policy, 'allowedCommands', 379, 'standardUser').location, 'off');
  });
});

describe('the entries of lists in the registry', () => {
  const ALLOWED = 'SOFTWARE\\Microsoft\\TPM\\AllowedW8Commands\\List';
  const raw = (key: string, valueName: string, type: number, data: Uint8Array): PolEntryInput => ({
    key,
    valueName,
    type,
    data,
  });
  const problemOf = (...entries: readonly PolEntryInput[]) => {
    const { values, problems } = fromEntries(entries);
    deepEqual(values, {});
    equal(problems.length, 1, JSON.stringify(problems));
    return problems[0]?.message ?? '';
  };

  it('are numbers of 32 bits, in decimal, with the same text as data', () => {
    deepEqual(
      fromEntries([entry(LIST, '4294967295', '4294967295'), entry(LIST, '0', '0')]).values.blockedCommands,
      [0, 0xffffffff],
    );
    for (const name of ['4294967296', 'x5', '5x', '12345678901', '-1']) {
      match(problemOf(entry(LIST, name, name)), /the name is not a command code in decimal/);
    }
    match(problemOf(entry(LIST, '5', 'y'.repeat(60))), /differ/);
    ok(problemOf(entry(LIST, '5', 'y'.repeat(60))).includes(`("${'y'.repeat(40)}")`));
  });

  it('of the allowed lists are in hexadecimal, with 0 or 1 as number or text', () => {
    const { values } = fromEntries([
      ...[entry(ALLOWED, '0x17B', 1), entry(ALLOWED, '17c', ' 1 '), entry(ALLOWED, '0X0000017D', '0')],
    ]);
    deepEqual(
      [values.allowedCommands, values.disallowedCommands],
      [{ administrator: [0x17b, 0x17c] }, { administrator: [0x17d] }],
    );
    for (const name of ['x17B', '17Bx', '123456789', '0x']) {
      match(problemOf(entry(ALLOWED, name, 1)), /is not a command code in hexadecimal/);
    }
    for (const text of ['', 'x1', '1x', '12345678901', 'one']) {
      match(problemOf(entry(ALLOWED, '17B', text)), /a REG_DWORD is expected, not REG_SZ of/);
    }
    match(problemOf(entry(ALLOWED, '17B', 2)), /2 is neither 0 nor 1/);
    match(problemOf(entry(ALLOWED, '17B', '22')), /22 is neither 0 nor 1/);
  });

  it('that are numbers have four bytes and the type of a number', () => {
    const { REG_DWORD, REG_NONE } = REGISTRY_TYPES;
    match(problemOf(raw(TPM, 'OSManagedAuthLevel', REG_DWORD, Uint8Array.of(2))), /not REG_DWORD of 1 bytes/);
    match(problemOf(raw(TPM, 'OSManagedAuthLevel', REG_NONE, dword(2))), /not REG_NONE of 4 bytes/);
    match(problemOf(raw(TPM, 'OSManagedAuthLevel', 99, dword(2))), /not type 99 of 4 bytes/);
  });

  it('are reported if no setting has them, except those for Windows alone', () => {
    match(problemOf(entry(`${TPM}\\Deep\\Key`, 'Slip', 1)), /Slip: is not a known value/);
    deepEqual(fromEntries([entry('Software\\Other', 'Slip', 1), entry(TPM, '', 1)]).problems, []);
  });

  it('are limited to 4096; the rest is reported once', () => {
    const many = (count: number) => Array.from({ length: count }, (_, code) => entry(LIST, `${code}`, `${code}`));
    deepEqual(fromEntries(many(4096)).problems, []);
    const { values, problems } = fromEntries(many(4097));
    equal(values.blockedCommands?.length, 4096);
    deepEqual(
      problems.map(({ message }) => message),
      [`${LIST}\\4096: the list has 4097 entries; those after 4096 are ignored`],
    );
  });
});
