import { deepEqual, equal } from 'node:assert/strict';
import {
  changedSettings,
  comparePolicy,
  settingsOwedToDomain,
  settingsToRemove,
} from '../../../ts-core/domain/policy/difference.js';
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
  it('finds no difference if everything is as desired, however codes are written and ordered', () => {
    const desired = { blockedCommands: ['0x17B', '129'], allowedCommands: { standardUser: ['0x7'] }, maxContexts: 5 };
    deepEqual(differencesOf(desired), []);
  });

  it('returns current and desired value, and the source of the current one', () => {
    deepEqual(differencesOf({ maxContexts: 6, osManagedAuthLevel: 2 }), [
      { name: 'maxContexts', current: 5, desired: 6, source },
      { name: 'osManagedAuthLevel', current: null, desired: 2, source: { kind: 'default', location: 'default' } },
    ]);
  });

  it('compares only the requested allowed lists, in any order', () => {
    deepEqual(differencesOf({ allowedCommands: { sandboxedApp: [], standardUser: [7] } }), []);
    deepEqual(differencesOf({ allowedCommands: { sandboxedApp: [1] } }), [
      { name: 'allowedCommands', current: { sandboxedApp: [] }, desired: { sandboxedApp: [1] }, source },
    ]);
  });

  it('treats null as a setting that is not requested', () => deepEqual(differencesOf({ maxContexts: null }), []));

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

  it('are reported with the GPO, until the local file has the same value', () => {
    const difference = { name: 'maxContexts', current: 5, desired: 5, source: gpo };
    deepEqual(owed({ maxContexts: 5 }), [difference]);
    deepEqual(owed({ maxContexts: 5 }, { maxContexts: 6 }), [difference]);
    deepEqual(owed({ maxContexts: 5 }, { maxContexts: 5 }), []);
    deepEqual(
      owed({ allowedCommands: { standardUser: ['0x7'] } }).map(({ name }) => name),
      ['allowedCommands'],
    );
  });

  it('do not include those from a file of the machine, nor those that are not in force or not requested', () => {
    deepEqual(owed({ maxResources: 4, maxContexts: 6, blockedCommandsEnabled: false }), []);
    deepEqual(owed({ maxContexts: null, noSuchSetting: 1 }), []);
    deepEqual(owed({ maxContexts: 'many', allowedCommands: null }), []);
  });
});

describe('settings to remove from the local file', () => {
  it('are those that are null and in the file, with the value in force and its source', () => {
    deepEqual(settingsToRemove(policy, { maxContexts: null, maxResources: null }, { maxContexts: 4 }), [
      { name: 'maxContexts', current: 5, desired: null, source },
    ]);
  });

  it('do not include settings with a value, nor those that are not mentioned', () => {
    deepEqual(settingsToRemove(policy, { maxContexts: 4 }, { maxContexts: 4, maxResources: 1 }), []);
  });
});

describe('the changes of a policy refresh', () => {
  const with_ = (values: SettingValues, location = 'a.json') =>
    mergePolicy([layerOf({ kind: 'policyFile', location }, values)], 1);

  it('are the settings whose values differ, with both values and the new source', () => {
    const before = with_({ maxContexts: 5, osManagedAuthLevel: 2, blockedCommands: [1] });
    const after = with_({ maxContexts: 6, blockedCommands: [1] }, 'b.json');
    deepEqual(changedSettings(before, after), [
      { name: 'osManagedAuthLevel', before: 2, after: null, source: { kind: 'default', location: 'default' } },
      { name: 'maxContexts', before: 5, after: 6, source: { kind: 'policyFile', location: 'b.json' } },
    ]);
  });

  it('do not include a value that only comes from another source', () => {
    deepEqual(changedSettings(with_({ maxContexts: 5 }), with_({ maxContexts: 5 }, 'b.json')), []);
  });
});

describe('comparing lists by class', () => {
  it('finds a difference in one class, in the requested order', () => {
    const [found] = differencesOf({ allowedCommands: { sandboxedApp: [], standardUser: [8], administrator: [] } });
    deepEqual(found?.current, { sandboxedApp: [], standardUser: [7], administrator: [] });
    deepEqual(Object.keys(found.current as object), ['sandboxedApp', 'standardUser', 'administrator']);
  });
});
