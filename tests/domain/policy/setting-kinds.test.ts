import assert from 'node:assert/strict';
import { type Reading, readCommandCode, type Setting, shown } from '../../../ts-core/domain/policy/setting-kinds.js';
import { POLICY_SETTINGS } from '../../../ts-core/domain/policy/setting-table.js';

const MOST_LISTED = 4096;

/** Returns the value that is read, or the reason for its refusal. */
function read(setting: Setting, value: unknown): unknown {
  const reading: Reading<unknown> = setting.read(value);
  return reading.verdict === 'accepted' ? reading.value : reading.reason;
}

describe('a flag', () => {
  it('is true or false, and nothing that only looks like it', () => {
    assert.deepEqual(
      [true, false].map((value) => read(POLICY_SETTINGS.ignoreLocalList, value)),
      [true, false],
    );
    for (const value of [0, 1, 'true', null]) {
      assert.equal(read(POLICY_SETTINGS.ignoreLocalList, value), `${JSON.stringify(value)} is not true or false`);
    }
  });
});

describe('a number', () => {
  const setting = POLICY_SETTINGS.maxContexts;

  it('is a whole one within its bounds', () => {
    const { min, max } = setting.bounds;
    assert.deepEqual(
      [min, max].map((value) => read(setting, value)),
      [min, max],
    );
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, `${min}`, null, true]) {
      assert.equal(read(setting, value), `${shown(value)} is not a whole number from ${min} to ${max}`);
    }
    assert.deepEqual(setting.schema, { type: 'integer', minimum: min, maximum: max });
  });
});

describe('a level of owner authorization', () => {
  it('is one of the four', () => {
    assert.deepEqual(
      [0, 2, 4, 5].map((value) => read(POLICY_SETTINGS.osManagedAuthLevel, value)),
      [0, 2, 4, 5],
    );
    for (const value of [1, 3, 6, '4'])
      assert.match(String(read(POLICY_SETTINGS.osManagedAuthLevel, value)), /is not a level/);
    assert.deepEqual(POLICY_SETTINGS.osManagedAuthLevel.schema, { enum: [0, 2, 4, 5] });
  });
});

describe('a command code', () => {
  const codeOf = (value: unknown) => {
    const reading = readCommandCode(value);
    return reading.verdict === 'accepted' ? reading.value : undefined;
  };

  it('is a 32-bit number, or its text', () => {
    assert.deepEqual(
      [0, 0xffffffff, '0x17B', '0XFFFFFFFF', '379', '0'].map(codeOf),
      [0, 0xffffffff, 0x17b, 0xffffffff, 379, 0],
    );
    for (const value of [
      -1,
      2 ** 32,
      1.5,
      Number.NaN,
      true,
      null,
      '',
      '0x',
      '-1',
      'x17B',
      '0x17Bx',
      '0x123456789',
      '4294967296',
      '12345678901',
      '379 ',
      '379.0',
      '1e3',
      [379],
      ['0x17B'],
    ]) {
      assert.equal(codeOf(value), undefined, JSON.stringify(value));
    }
  });
});

describe('a list of codes', () => {
  const setting = POLICY_SETTINGS.blockedCommands;
  const many = (count: number) => Array.from({ length: count }, (_, code) => code);

  it('is sorted, without duplicates', () => {
    assert.deepEqual(read(setting, ['0x17B', 5, 379, 1]), [1, 5, 379]);
    assert.deepEqual(read(setting, []), []);
  });

  it('has at most 4096 entries', () => {
    assert.equal((read(setting, many(MOST_LISTED)) as unknown[]).length, MOST_LISTED);
    assert.equal(read(setting, many(MOST_LISTED + 1)), 'more than 4096 entries');
  });

  it('is refused as a whole if it is not a list, or contains something that is not a code', () => {
    for (const value of ['0x17B', 5, null, {}])
      assert.match(String(read(setting, value)), /is not a list of command codes/);
    assert.match(String(read(setting, [1, 'GetRandom'])), /^"GetRandom" is not a command code/);
  });

  it('has a schema with the same rules', () => {
    const { type, items, maxItems } = setting.schema as {
      type: string;
      items: { anyOf: { pattern?: string }[] };
      maxItems: number;
    };
    assert.deepEqual([type, maxItems], ['array', MOST_LISTED]);
    assert.deepEqual(items.anyOf[0], { type: 'integer', minimum: 0, maximum: 0xffffffff });
    const pattern = new RegExp(items.anyOf[1]?.pattern ?? '');
    for (const text of ['0x17B', '0XFF', '379']) assert.match(text, pattern);
    for (const text of ['x17B', '0x', '12345678901', '0x123456789']) assert.doesNotMatch(text, pattern);
  });
});

describe('lists by class', () => {
  const setting = POLICY_SETTINGS.allowedCommands;

  it('are an object with a list for some classes', () => {
    assert.deepEqual(read(setting, { standardUser: ['0x17B', 1], sandboxedApp: [] }), {
      standardUser: [1, 379],
      sandboxedApp: [],
    });
    assert.deepEqual(read(setting, {}), {});
  });

  it('are refused with the name of the invalid class', () => {
    for (const value of [null, [], 'none', 5])
      assert.match(String(read(setting, value)), /is not an object of lists by class/);
    assert.match(String(read(setting, { everybody: [] })), /^unknown class "everybody"; known are administrator, /);
    assert.match(String(read(setting, { standardUser: 5 })), /^standardUser: 5 is not a list/);
  });

  it('have a schema with exactly the known classes', () => {
    const { properties, additionalProperties } = setting.schema as {
      properties: object;
      additionalProperties: boolean;
    };
    assert.deepEqual(Object.keys(properties), ['administrator', 'standardUser', 'sandboxedApp']);
    assert.equal(additionalProperties, false);
  });
});

describe('an invalid value in a message', () => {
  it('is shortened', () => {
    assert.equal(shown('x'.repeat(58)), `"${'x'.repeat(58)}"`);
    assert.equal(shown('x'.repeat(59)), `"${'x'.repeat(56)}...`);
    assert.deepEqual([shown(5n), shown(undefined), shown(null)], ['5', 'undefined', 'null']);
  });
});
