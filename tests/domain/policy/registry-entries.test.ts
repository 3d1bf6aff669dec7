import { deepEqual, equal, match } from 'node:assert/strict';
import fc from 'fast-check';
import { allowedCode, blockedCode, describeType, dwordOf } from '../../../ts-core/domain/policy/registry-entries.js';
import { REGISTRY_TYPES } from '../../../ts-core/domain/policy/registry-pol.js';
import type { RegistryValue } from '../../../ts-core/domain/policy/registry-values.js';
import { dword, sz } from '../../support/registry-pol-writer.js';

const value = (valueName: string, type: number, data: Uint8Array): RegistryValue => ({
  key: 'Software\\Policies\\Microsoft\\TPM\\BlockedCommands\\List',
  valueName,
  type,
  data,
  source: { kind: 'registryPol', location: 'a.pol' },
});
const { REG_DWORD, REG_SZ } = REGISTRY_TYPES;
const text = (valueName: string, data: string) => value(valueName, REG_SZ, sz(data));
const number = (valueName: string, data: number) => value(valueName, REG_DWORD, dword(data));
const uint32 = fc.nat(0xffffffff);

describe('a number in the registry', () => {
  it('is what its four bytes say, wherever they lie in a buffer', () => {
    fc.assert(
      fc.property(uint32, fc.nat(5), (data, offset) => {
        const bytes = new Uint8Array(offset + 8);
        bytes.set(dword(data), offset);
        equal(dwordOf(value('n', REG_DWORD, bytes.subarray(offset, offset + 4))), data);
      }),
    );
  });

  it('is none of another type or length', () => {
    for (const other of [text('n', '4'), value('n', REG_DWORD, new Uint8Array(3)), value('n', 99, dword(4))]) {
      equal(dwordOf(other), undefined);
    }
    equal(describeType(value('n', 99, dword(4))), 'type 99 of 4 bytes');
    equal(describeType(text('n', '4')), 'REG_SZ of 4 bytes');
  });
});

describe('an entry of the blocked list', () => {
  it('names every code of 32 bits, the same in name and data', () => {
    fc.assert(fc.property(uint32, (code) => equal(blockedCode(text(`${code}`, `${code}`)), code)));
  });

  it('is ignored with its reason where the two differ, or where it names no code', () => {
    match(String(blockedCode(text('5', '6'))), /^name and data \("6"\) differ/);
    match(String(blockedCode(text('4294967296', '4294967296'))), /not a command code in decimal/);
    match(String(blockedCode(text('0x5', '0x5'))), /not a command code in decimal/);
    match(String(blockedCode(number('5', 5))), /a REG_SZ is expected, not REG_DWORD of 4 bytes/);
  });
});

describe('an entry of an allowed list', () => {
  it('names every code of 32 bits in hexadecimal, with 0 or 1 as a number or as text', () => {
    fc.assert(
      fc.property(uint32, fc.constantFrom(0 as const, 1 as const), fc.boolean(), (code, data, isPrefixed) => {
        const name = `${isPrefixed ? '0x' : ''}${code.toString(16)}`;
        for (const entry of [number(name, data), text(name, `${data}`)]) deepEqual(allowedCode(entry), { data, code });
      }),
    );
  });

  it('is ignored with its reason where it names no code, or says neither 0 nor 1', () => {
    for (const name of ['', '0x', '123456789', '17g']) match(String(allowedCode(number(name, 1))), /in hexadecimal/);
    match(String(allowedCode(number('17b', 2))), /^2 is neither 0 nor 1/);
    match(String(allowedCode(text('17b', 'yes'))), /a REG_DWORD is expected, not REG_SZ/);
  });
});
