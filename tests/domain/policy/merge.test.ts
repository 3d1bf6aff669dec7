import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import type { SettingValues } from '../../../ts-core/domain/policy/policy-file.js';
import { DEFAULT_POLICY_SETTINGS, type SettingSource } from '../../../ts-core/domain/policy/settings.js';

const file = (location: string): SettingSource => ({ kind: 'policyFile', location });
const pol = (location: string): SettingSource => ({ kind: 'registryPol', location });

describe('merging the sources of policy', () => {
  it('leaves the defaults if no source sets anything', () => {
    const policy = mergePolicy([], 3);
    deepEqual(policy.settings, DEFAULT_POLICY_SETTINGS);
    deepEqual(policy.problems, []);
    equal(policy.revision, 3);
    for (const source of Object.values(policy.sources)) equal(source.kind, 'default');
  });

  it('lets the strongest source win value by value, and names it', () => {
    const { settings, sources } = mergePolicy(
      [
        layerOf(
          { kind: 'configuration', location: 'tbsd.json' },
          { maxContexts: 1, maxResources: 1, ignoreLocalList: true },
        ),
        layerOf(file('10.json'), { maxContexts: 2, maxResources: 2 }),
        layerOf(pol('Registry.pol'), { maxContexts: 3 }),
      ],
      1,
    );
    deepEqual([settings.maxContexts, settings.maxResources, settings.ignoreLocalList], [3, 2, true]);
    equal(sources.maxContexts.location, 'Registry.pol');
    equal(sources.maxResources.location, '10.json');
    equal(sources.ignoreLocalList.location, 'tbsd.json');
  });

  it('lets a source restore the default of a value', () => {
    const { settings, sources } = mergePolicy(
      [layerOf(file('a'), { blockedCommandsEnabled: true }), layerOf(file('b'), { blockedCommandsEnabled: false })],
      1,
    );
    equal(settings.blockedCommandsEnabled, false);
    equal(sources.blockedCommandsEnabled.location, 'b');
  });

  it('replaces a list as one value', () => {
    const { settings } = mergePolicy(
      [layerOf(file('a'), { blockedCommands: [1, 2] }), layerOf(file('b'), { blockedCommands: [3] })],
      1,
    );
    deepEqual(settings.blockedCommands, [3]);
  });

  it('treats the allowed list of each class as a separate value', () => {
    const { settings, sources } = mergePolicy(
      [
        layerOf(file('a'), { allowedCommands: { standardUser: [1], administrator: [9] } }),
        layerOf(file('b'), { allowedCommands: { sandboxedApp: [2] } }),
        layerOf(file('c'), { allowedCommands: { standardUser: [3] } }),
      ],
      1,
    );
    deepEqual(settings.allowedCommands, { administrator: [9], standardUser: [3], sandboxedApp: [2] });
    deepEqual(sources.allowedCommands, file('a, b, c'));
  });

  it('names only the sources of the allowed lists in force', () => {
    const { sources } = mergePolicy(
      [
        layerOf(file('a'), { allowedCommands: { standardUser: [1] } }),
        layerOf(file('b'), { allowedCommands: { standardUser: [3] } }),
      ],
      1,
    );
    deepEqual(sources.allowedCommands, file('b'));
  });

  for (const [backup, require, inForce, reported] of [
    [true, true, true, false],
    [true, false, false, false],
    [true, undefined, undefined, false],
    [false, true, false, true],
    [undefined, true, false, true],
    [false, false, false, false],
    [undefined, undefined, undefined, false],
  ] as const) {
    it(`backup ${backup}, required ${require}: required is ${inForce}${reported ? ', reported' : ''}`, () => {
      const values: SettingValues = {
        ...(backup === undefined ? {} : { activeDirectoryBackup: backup }),
        ...(require === undefined ? {} : { requireActiveDirectoryBackup: require }),
      };
      const { settings, problems } = mergePolicy([layerOf(file('a'), values)], 1);
      equal(settings.activeDirectoryBackup, backup ?? false);
      equal(settings.requireActiveDirectoryBackup, inForce);
      equal(problems.length, reported ? 1 : 0);
    });
  }

  it('reports values that a source refused, with the source', () => {
    const { problems } = mergePolicy([layerOf(file('a'), {}, [{ setting: 'x', message: 'unknown setting "x"' }])], 1);
    deepEqual(problems, [{ source: file('a'), setting: 'x', message: 'unknown setting "x"; it is ignored' }]);
  });

  it('puts the value of the last layer in force for every setting', () => {
    const numbers = fc.record({ maxContexts: fc.nat(), maxResources: fc.nat() }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 6 }), (layers) => {
        const { settings, sources } = mergePolicy(
          layers.map((values, index) => layerOf(file(`${index}`), values)),
          1,
        );
        for (const name of ['maxContexts', 'maxResources'] as const) {
          const last = layers.findLastIndex((values) => values[name] !== undefined);
          equal(settings[name], layers[last]?.[name] ?? DEFAULT_POLICY_SETTINGS[name]);
          equal(sources[name].location, last < 0 ? 'default' : `${last}`);
        }
      }),
    );
  });
});

describe('merging deletions and problems', () => {
  const cleared = (name: 'allowedCommands' | 'maxContexts', by: SettingSource) => ({
    ...{ values: {}, sources: {}, cleared: { [name]: by }, problems: [] },
  });

  it('empties the lists of all classes, and names the source', () => {
    const lists = layerOf(file('a'), { allowedCommands: { standardUser: [7], administrator: [8] } });
    const { settings, sources } = mergePolicy([lists, cleared('allowedCommands', pol('off'))], 1);
    deepEqual(settings.allowedCommands, { administrator: [], standardUser: [], sandboxedApp: [] });
    deepEqual(sources.allowedCommands, pol('off'));
    const again = mergePolicy(
      [lists, cleared('allowedCommands', pol('off')), layerOf(file('b'), { allowedCommands: { standardUser: [9] } })],
      1,
    );
    deepEqual(again.settings.allowedCommands, { administrator: [], standardUser: [9], sandboxedApp: [] });
    deepEqual(again.sources.allowedCommands, file('b'));
  });

  it('names the sources of lists in their order, each once', () => {
    const { sources } = mergePolicy(
      [
        layerOf(file('a'), { allowedCommands: { standardUser: [7] } }),
        layerOf(file('b'), { allowedCommands: { sandboxedApp: [8] } }),
        layerOf(file('c'), { maxContexts: 4 }),
      ],
      1,
    );
    deepEqual(sources.allowedCommands, file('a, b'));
  });

  it('shows 256 problems, and the number of further ones', () => {
    const layer = (count: number) => ({
      ...layerOf(
        file('a'),
        {},
        Array.from({ length: count }, (_, index) => ({ setting: `s${index}`, message: 'bad' })),
      ),
    });
    equal(mergePolicy([layer(256)], 1).problems.length, 256);
    const { problems } = mergePolicy([layer(260)], 1);
    equal(problems.length, 257);
    deepEqual(problems[256], { source: file('a'), setting: undefined, message: '4 more problems are not shown' });
    deepEqual(problems[0], { source: file('a'), setting: 's0', message: 'bad; it is ignored' });
  });
});
