import { deepEqual, equal, match } from 'node:assert/strict';
import fc from 'fast-check';
import { type PolicyFileReading, readPolicyText, readSettings } from '../../../ts-core/domain/policy/policy-file.js';
import { POLICY_SETTING_NAMES } from '../../../ts-core/domain/policy/setting-table.js';

const read = (content: unknown) => {
  const reading = readPolicyText(JSON.stringify(content));
  if (reading.verdict === 'damaged') throw new Error(reading.reason);
  return reading;
};

describe('policy file', () => {
  it('reads every setting', () => {
    const content = {
      $schema: 'policy.schema.json',
      blockedCommandsEnabled: true,
      blockedCommands: [170, '0x17B', '129', 170],
      ignoreDefaultList: false,
      ignoreLocalList: true,
      allowedCommands: { standardUser: ['0x20000001'] },
      disallowedCommands: { sandboxedApp: [379] },
      osManagedAuthLevel: 2,
      activeDirectoryBackup: true,
      requireActiveDirectoryBackup: false,
      closeHierarchies: true,
      standardUserAuthorizationFailureDurationMinutes: 0,
      standardUserAuthorizationFailureIndividualThreshold: 100,
      standardUserAuthorizationFailureTotalThreshold: 0,
      maxContexts: 1,
      maxContextsPerUser: 2,
      maxResources: 3,
    };
    const { values, refused } = read(content);
    deepEqual(refused, []);
    const { $schema: _, ...settings } = content;
    deepEqual(values, {
      ...settings,
      blockedCommands: [129, 170, 379],
      allowedCommands: { standardUser: [0x20000001] },
    });
    deepEqual(Object.keys(settings).sort(), [...POLICY_SETTING_NAMES].sort(), 'this test sets every setting');
  });

  it('refuses an unknown setting by name, suggests the right one, and keeps the others', () => {
    const { values, refused } = read({ blockedComands: [1], ignorelocallist: true, nonsense: 1, maxContexts: 4 });
    deepEqual(values, { maxContexts: 4 });
    deepEqual(
      refused.map(({ setting }) => setting),
      ['blockedComands', 'ignorelocallist', 'nonsense'],
    );
    match(refused[0]?.message ?? '', /did you mean "blockedCommands"/);
    match(refused[1]?.message ?? '', /did you mean "ignoreLocalList"/);
    match(refused[2]?.message ?? '', /known are blockedCommandsEnabled, /);
  });

  it('suggests a name with one letter more, less or other than the given one', () => {
    for (const typed of ['maxContext', 'maxContextss', 'maxContexty', 'xmaxContexts', 'axContexts', 'mexContexts']) {
      match(read({ [typed]: 1 }).refused[0]?.message ?? '', /did you mean "maxContexts"\?$/, typed);
    }
    for (const typed of ['maxContextsss', 'maxConte', 'mexContexty']) {
      match(read({ [typed]: 1 }).refused[0]?.message ?? '', /known are/, typed);
    }
  });

  it('refuses the list of a class that is no list, with the class', () => {
    const { values, refused } = read({ allowedCommands: { standardUser: 'none' } });
    deepEqual(values, {});
    match(refused[0]?.message ?? '', /^allowedCommands: standardUser: "none" is not a list/);
  });

  it('may set empty lists, which replace those of weaker sources', () => {
    const empty = { blockedCommands: [], allowedCommands: {}, disallowedCommands: { standardUser: [] } };
    const { values, refused } = read(empty);
    deepEqual([values, refused], [empty, []]);
  });

  for (const [setting, value] of [
    ['blockedCommandsEnabled', 1],
    ['blockedCommands', 129],
    ['blockedCommands', [-1]],
    ['blockedCommands', [4294967296]],
    ['blockedCommands', ['TPM2_GetRandom']],
    ['blockedCommands', Array.from({ length: 4097 }, (_, code) => code)],
    ['allowedCommands', [1]],
    ['allowedCommands', { everybody: [1] }],
    ['allowedCommands', { standardUser: [1.5] }],
    ['osManagedAuthLevel', 3],
    ['osManagedAuthLevel', '4'],
    ['standardUserAuthorizationFailureDurationMinutes', -1],
    ['standardUserAuthorizationFailureDurationMinutes', 71_582_789],
    ['standardUserAuthorizationFailureIndividualThreshold', 101],
    ['standardUserAuthorizationFailureTotalThreshold', 1.5],
    ['maxContexts', 0],
    ['maxResources', null],
  ] as const) {
    it(`refuses ${setting} ${JSON.stringify(value).slice(0, 40)} by name`, () => {
      const { values, refused } = read({ [setting]: value });
      deepEqual(values, {});
      equal(refused.length, 1);
      equal(refused[0]?.setting, setting);
      match(refused[0]?.message ?? '', new RegExp(`^${setting}: `));
    });
  }

  it('keeps the valid entries of a list, so that one mistake does not unblock the others', () => {
    const { values, refused } = read({ blockedCommands: ['0x126', 'TPM2_ClockSet', 379, -1] });
    deepEqual(values, { blockedCommands: [0x126, 379] });
    deepEqual(
      refused.map(({ message }) => message.slice(0, 40)),
      ['blockedCommands: "TPM2_ClockSet" is not a', 'blockedCommands: -1 is not a command code'].map((text) =>
        text.slice(0, 40),
      ),
    );
  });

  it('keeps the valid lists and entries of the classes', () => {
    const { values, refused } = read({
      disallowedCommands: { standardUser: [1, 'x'], everybody: [2], sandboxedApp: [3], administrator: ['y'] },
    });
    deepEqual(values, { disallowedCommands: { standardUser: [1], sandboxedApp: [3] } });
    deepEqual(
      refused.map(({ setting }) => setting),
      ['disallowedCommands', 'disallowedCommands', 'disallowedCommands'],
    );
    match(refused[0]?.message ?? '', /^disallowedCommands: standardUser: "x" is not a command code/);
    match(refused[1]?.message ?? '', /unknown class "everybody"/);
  });

  it('ignores properties of the prototype', () => {
    const { values, refused } = readSettings(
      JSON.parse('{"__proto__": {"maxContexts": 9}, "constructor": 1}') as object,
    );
    deepEqual(values, {});
    deepEqual(
      refused.map(({ setting }) => setting),
      ['__proto__', 'constructor'],
    );
  });

  for (const [text, reason] of [
    ['', /^not JSON: /],
    ['{', /^not JSON: /],
    ['\u0000', /^not JSON: /],
    ['null', /^an object of settings is expected, not null$/],
    ['[]', /^an object of settings is expected, not \[\]$/],
    ['"text"', /^an object of settings is expected, not "text"$/],
  ] as const) {
    it(`reports ${JSON.stringify(text)} as damaged, with the reason`, () => {
      const reading = readPolicyText(text);
      match(reading.verdict === 'damaged' ? reading.reason : '', reason);
    });
  }

  it('never throws, whatever the text or the values', () => {
    const readAny = (text: string): PolicyFileReading => readPolicyText(text);
    fc.assert(fc.property(fc.string(), (text) => void readAny(text)));
    const anySetting = fc.dictionary(fc.constantFrom(...POLICY_SETTING_NAMES, 'other'), fc.jsonValue());
    fc.assert(fc.property(anySetting, (content) => void readAny(JSON.stringify(content))));
  });
});
