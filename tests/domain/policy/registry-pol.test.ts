import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  decodeRegistryPol,
  MAX_POL_BYTES,
  type PolEntry,
  REGISTRY_TYPES,
} from '../../../ts-core/domain/policy/registry-pol.js';
import { groupPolicyBytes, groupPolicyFixture } from '../../support/group-policy-fixture.js';
import { encodeRegistryPol } from '../../support/registry-pol-writer.js';

function entriesOf(bytes: Uint8Array): readonly PolEntry[] {
  const reading = decodeRegistryPol(bytes);
  if (reading.verdict === 'damaged') throw new Error(`damaged at ${reading.offset}: ${reading.reason}`);
  return reading.entries;
}

function damageOf(bytes: Uint8Array): { readonly offset: number; readonly reason: string } {
  const reading = decodeRegistryPol(bytes);
  if (reading.verdict === 'read') throw new Error('was read');
  return reading;
}

const nameUnits = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
const entry = fc.record(
  {
    key: nameUnits,
    valueName: nameUnits,
    type: fc.integer({ min: 0, max: 0xffffffff }),
    data: fc.uint8Array({ maxLength: 200 }),
  },
  { noNullPrototype: true },
);

describe('Registry.pol decoder', () => {
  for (const name of ['baseline', 'deletions', 'delete-keys', 'slips']) {
    it(`reads what Samba's packer wrote: ${name}`, () => {
      const wanted = JSON.parse(readFileSync(groupPolicyFixture(`${name}.json`), 'utf8')) as {
        keyname: string;
        valuename: string;
        type: keyof typeof REGISTRY_TYPES;
      }[];
      deepEqual(
        entriesOf(groupPolicyBytes(`${name}.pol`)).map(({ key, valueName, type }) => [key, valueName, type]),
        wanted.map(({ keyname, valuename, type }) => [keyname, valuename, REGISTRY_TYPES[type]]),
      );
    });
  }

  it('reads a file without entries', () => deepEqual(entriesOf(encodeRegistryPol([])), []));

  it('returns exactly what was encoded', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        deepEqual(entriesOf(encodeRegistryPol(entries)), entries);
      }),
    );
  });

  it('reads a file inside a larger buffer', () => {
    const bytes = encodeRegistryPol([{ key: 'k', valueName: 'v', type: 4, data: Uint8Array.of(1, 2, 3, 4) }]);
    const larger = new Uint8Array(bytes.length + 7).fill(0xff);
    larger.set(bytes, 3);
    equal(entriesOf(larger.subarray(3, 3 + bytes.length))[0]?.valueName, 'v');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeRegistryPol(bytes)),
      { numRuns: 2000 },
    );
  });

  it('never throws on a valid file with some bytes changed, and names an offset inside it', () => {
    const good = groupPolicyBytes('slips.pol');
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const reading = decodeRegistryPol(bytes);
        if (reading.verdict === 'damaged') ok(reading.offset >= 0 && reading.offset <= bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('notices every truncation', () => {
    const good = groupPolicyBytes('deletions.pol');
    let whole = 0;
    for (let length = 0; length < good.length; length += 1) {
      if (decodeRegistryPol(good.subarray(0, length)).verdict === 'read') whole += 1;
    }
    // Only the cuts between two of the six entries leave whole files, and the one after the header.
    equal(whole, 6);
  });

  const good = encodeRegistryPol([{ key: 'Key', valueName: 'Name', type: 4, data: Uint8Array.of(1, 0, 0, 0) }]);
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(bytes, at);
    return copy;
  };
  for (const [what, bytes, offset, reason] of [
    ['nothing', new Uint8Array(0), 0, /shorter than its header/],
    ['another signature', changed(0, 0x51), 0, /PReg/],
    ['another version', changed(4, 2), 4, /version 2/],
    ['no opening bracket', changed(8, 0x5c), 8, /"\["/],
    ['a key without an end', good.subarray(0, 14), 10, /key has no end/],
    [
      'a size beyond the file',
      changed(good.length - 12, 0xff, 0xff, 0xff, 0xff),
      good.length - 6,
      /4294967295 bytes end after/,
    ],
    ['no closing bracket', changed(good.length - 2, 0x5e), good.length - 2, /"\]"/],
    ['an end after the key', good.subarray(0, 18), 18, /ends where ";"/],
    ['a value name without an end', good.subarray(0, 26), 20, /value name has no end/],
    ['an end inside the type', good.subarray(0, 34), 32, /ends inside a type/],
    ['an end inside the size', good.subarray(0, 41), 38, /ends inside a size/],
    ['an end after the size', good.subarray(0, 42), 42, /ends where ";"/],
    ['an end after the data', good.subarray(0, good.length - 2), good.length - 2, /ends where "\]"/],
    ['a byte too many', Uint8Array.of(...good, 0x5b), good.length, /ends where "\["/],
  ] as const) {
    it(`reports the position of the damage: ${what}`, () => {
      const damage = damageOf(bytes);
      equal(damage.offset, offset);
      match(damage.reason, reason);
    });
  }

  it('refuses a file that is too large without reading it', () => {
    match(damageOf(new Uint8Array(MAX_POL_BYTES + 1)).reason, /longer than/);
  });

  it('reads a megabyte in bounded time', function () {
    this.timeout(5000);
    const names = new Uint8Array(MAX_POL_BYTES).fill(0x41);
    names.set(encodeRegistryPol([]));
    names.set([0x5b, 0], 8);
    match(damageOf(names).reason, /key is too long/);
  });
});

describe('the limits of a Registry.pol', () => {
  const MIB = 1_048_576;
  const value = (key: string, bytes: number) => ({ key, valueName: 'v', type: 3, data: new Uint8Array(bytes) });
  const read = (bytes: Uint8Array, isWanted?: (key: string) => boolean) => decodeRegistryPol(bytes, isWanted);

  it('do not count values that nobody needs', () => {
    const bytes = encodeRegistryPol([value('a', 3 * MIB), value('b', 3 * MIB), value('a', 5)]);
    const reading = read(bytes, (key) => key === 'b');
    ok(reading.verdict === 'read');
    deepEqual(
      reading.entries.map(({ key, data }) => [key, data.length]),
      [['b', 3 * MIB]],
    );
  });

  it('limit the stored data to four MiB', () => {
    const ofNoData = encodeRegistryPol([value('a', 0)]).length - encodeRegistryPol([]).length;
    const half = 2 * MIB - ofNoData;
    equal(read(encodeRegistryPol([value('a', half), value('b', half)])).verdict, 'read');
    const reading = read(encodeRegistryPol([value('a', half), value('b', half + 1)]));
    ok(reading.verdict === 'damaged');
    match(reading.reason, /its TPM values are longer than 4194304 bytes/);
  });

  it('limit names to 16384 units', () => {
    equal(read(encodeRegistryPol([value('k'.repeat(16_384), 1)])).verdict, 'read');
    const reading = read(encodeRegistryPol([value('k'.repeat(16_385), 1)]));
    ok(reading.verdict === 'damaged');
    match(reading.reason, /the key is too long/);
  });

  it('copy the data instead of the file', () => {
    const bytes = encodeRegistryPol([value('a', 4)]);
    const reading = read(bytes);
    ok(reading.verdict === 'read');
    bytes.fill(0xff);
    deepEqual(reading.entries[0]?.data, new Uint8Array(4));
  });

  it('report a file as damaged wherever it is truncated', () => {
    const bytes = encodeRegistryPol([value('a', 4)]);
    for (let length = 9; length < bytes.length; length++) {
      equal(read(bytes.slice(0, length)).verdict, 'damaged', `${length} bytes`);
    }
  });
});
