import { deepEqual, equal } from 'node:assert/strict';
import { changedSettings, comparePolicy, settingsOwedToDomain } from '../../../ts-core/domain/policy/difference.js';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import type { SettingValues } from '../../../ts-core/domain/policy/policy-file.js';

const source = { kind: 'policyFile', location: 'a.json' } as const;
const policy = mergePolicy(
  [layerOf(source, { blockedCommands: [129, 379], allowedCommands: { standardUser: [7] }, maxContexts: 5 })],
  1,
);
const differencesOf = (desired: Record<string, unknown>) => {
  const comparison = comparePolicy(policy, desired);
  if (comparison.verdict === 'refused') throw new Error(comparison.reason);
  return comparison.differences;
};

describe('comparing policy with a desired state', () => {
  it('finds nothing where everything is as desired, however codes are written and ordered', () => {
    const desired = { blockedCommands: ['0x17B', '129'], allowedCommands: { standardUser: ['0x7'] }, maxContexts: 5 };
    deepEqual(differencesOf(desired), []);
  });

  it('tells current and desired value and who sets the current one', () => {
    deepEqual(differencesOf({ maxContexts: 6, osManagedAuthLevel: 2 }), [
      { name: 'maxContexts', current: 5, desired: 6, source },
      { name: 'osManagedAuthLevel', current: null, desired: 2, source: { kind: 'default', location: 'default' } },
    ]);
  });

  it('compares only the allowed lists that are asked for, in any order', () => {
    deepEqual(differencesOf({ allowedCommands: { sandboxedApp: [], standardUser: [7] } }), []);
    deepEqual(differencesOf({ allowedCommands: { sandboxedApp: [1] } }), [
      { name: 'allowedCommands', current: { sandboxedApp: [] }, desired: { sandboxedApp: [1] }, source },
    ]);
  });

  it('takes null for a setting that is not asked for', () => deepEqual(differencesOf({ maxContexts: null }), []));

  for (const [setting, value] of [
    ['noSuchSetting', null],
    ['maxContexts', 'many'],
    ['blockedCommands', [1.5]],
  ] as const) {
    it(`refuses ${setting} ${JSON.stringify(value)} by name`, () => {
      const comparison = comparePolicy(policy, { [setting]: value });
      equal(comparison.verdict, 'refused');
      equal(comparison.verdict === 'refused' && comparison.setting, setting);
    });
  }
});

describe('settings that are as desired only because of the domain', () => {
  const gpo = { kind: 'groupPolicy', location: 'GPO "Base"' } as const;
  const ofDomain = mergePolicy(
    [layerOf(source, { maxResources: 4 }), layerOf(gpo, { maxContexts: 5, allowedCommands: { standardUser: [7] } })],
    1,
  );
  const owed = (desired: Record<string, unknown>, said: Record<string, unknown> = {}) =>
    settingsOwedToDomain(ofDomain, desired, said);

  it('are told, with the GPO, while the local file does not say the same', () => {
    const difference = { name: 'maxContexts', current: 5, desired: 5, source: gpo };
    deepEqual(owed({ maxContexts: 5 }), [difference]);
    deepEqual(owed({ maxContexts: 5 }, { maxContexts: 6 }), [difference]);
    deepEqual(owed({ maxContexts: 5 }, { maxContexts: 5 }), []);
    deepEqual(
      owed({ allowedCommands: { standardUser: ['0x7'] } }).map(({ name }) => name),
      ['allowedCommands'],
    );
  });

  it('are neither those that a file of the machine sets, nor those that are not in force or not asked for', () => {
    deepEqual(owed({ maxResources: 4, maxContexts: 6, blockedCommandsEnabled: false }), []);
    deepEqual(owed({ maxContexts: null, noSuchSetting: 1 }), []);
    deepEqual(owed({ maxContexts: 'many' }), []);
  });
});

describe('what a refresh of policy has changed', () => {
  const with_ = (values: SettingValues, location = 'a.json') =>
    mergePolicy([layerOf({ kind: 'policyFile', location }, values)], 1);

  it('is each setting whose value is another, with both values and who sets it now', () => {
    const before = with_({ maxContexts: 5, osManagedAuthLevel: 2, blockedCommands: [1] });
    const after = with_({ maxContexts: 6, blockedCommands: [1] }, 'b.json');
    deepEqual(changedSettings(before, after), [
      { name: 'osManagedAuthLevel', before: 2, after: null, source: { kind: 'default', location: 'default' } },
      { name: 'maxContexts', before: 5, after: 6, source: { kind: 'policyFile', location: 'b.json' } },
    ]);
  });

  it('is nothing where a value only comes from another source', () => {
    deepEqual(changedSettings(with_({ maxContexts: 5 }), with_({ maxContexts: 5 }, 'b.json')), []);
  });
});

describe('comparing lists by class', () => {
  it('finds a difference in one class, in the order in which they were asked for', () => {
    const [found] = differencesOf({ allowedCommands: { sandboxedApp: [], standardUser: [8], administrator: [] } });
    deepEqual(found?.current, { sandboxedApp: [], standardUser: [7], administrator: [] });
    deepEqual(Object.keys(found.current as object), ['sandboxedApp', 'standardUser', 'administrator']);
  });
});
