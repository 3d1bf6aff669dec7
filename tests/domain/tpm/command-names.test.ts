import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commandLabel, commandName, findCommand, knownCommands } from '../../../ts-core/domain/tpm/command-names.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

const VERSIONS: readonly TpmVersion[] = ['1.2', '2.0'];

describe('command names', () => {
  it('finds TPM2_GetRandom in every usual notation', () => {
    for (const text of [
      'TPM2_GetRandom',
      'GetRandom',
      'TPM_CC_GetRandom',
      'TPM2_CC_GetRandom',
      'tpm2_getrandom',
      ' TPM2_GetRandom ',
      '0x17B',
      '0X17b',
      '379',
    ]) {
      assert.deepEqual(findCommand('2.0', text), { ok: true, code: 0x17b, name: 'TPM2_GetRandom' }, text);
    }
  });

  it('finds TPM 1.2 ordinals in every usual notation', () => {
    for (const text of ['TPM_GetRandom', 'GetRandom', 'TPM_ORD_GetRandom', '70', '0x46']) {
      assert.deepEqual(findCommand('1.2', text), { ok: true, code: 70, name: 'TPM_GetRandom' }, text);
    }
    for (const text of ['TSC_PhysicalPresence', 'TSC_ORD_PhysicalPresence', 'PhysicalPresence', '1073741834']) {
      assert.deepEqual(findCommand('1.2', text), { ok: true, code: 0x4000000a, name: 'TSC_PhysicalPresence' }, text);
    }
  });

  it('accepts any 32-bit number as a code, vendor commands included, and no larger one', () => {
    assert.deepEqual(findCommand('2.0', '0x20000123'), { ok: true, code: 0x20000123, name: undefined });
    assert.deepEqual(findCommand('2.0', '4294967295'), { ok: true, code: 0xffffffff, name: undefined });
    for (const text of ['4294967296', '0x100000000', '-1', '1.5', '1e3', '17B', '0x']) {
      assert.equal(findCommand('2.0', text).ok, false, text);
    }
  });

  it('names the version that a name belongs to, and suggests a similar name', () => {
    const reasonOf = (version: TpmVersion, text: string): string => {
      const found = findCommand(version, text);
      assert.ok(!found.ok);
      return found.reason;
    };
    assert.match(reasonOf('2.0', 'TPM_TakeOwnership'), /is a command of TPM 1\.2 \(TPM_TakeOwnership\).*speaks 2\.0/);
    assert.match(reasonOf('1.2', 'TPM2_HierarchyControl'), /is a command of TPM 2\.0/);
    assert.match(reasonOf('2.0', 'GetRandon'), /Did you mean TPM2_GetRandom\?/);
    assert.match(reasonOf('2.0', 'DictionaryAttackP'), /Did you mean TPM2_DictionaryAttackParameters\?/);
    assert.match(reasonOf('2.0', 'Frobnicate'), /no known command of TPM 2\.0\. Give a name/);
    assert.match(reasonOf('2.0', '  '), /empty/);
    assert.match(reasonOf('2.0', 'x'.repeat(1000)), /too long/);
    assert.match(reasonOf('1.2', 'TPM2_GetRandom'), /TPM 2\.0/);
  });

  it('returns every known command by name, name without prefix, and number', () => {
    for (const version of VERSIONS) {
      for (const { code, name } of knownCommands(version)) {
        const bare = name.replace(/^(TPM2_|TPM_|TSC_)/, '');
        for (const text of [name, bare, `${code}`, `0x${code.toString(16)}`]) {
          assert.deepEqual(findCommand(version, text), { ok: true, code, name });
        }
        assert.equal(commandName(version, code), name);
      }
    }
  });

  it('lists each code and each name once, in order', () => {
    for (const version of VERSIONS) {
      const codes = knownCommands(version).map(({ code }) => code);
      assert.deepEqual(
        codes,
        [...new Set(codes)].sort((left, right) => left - right),
      );
      assert.equal(new Set(knownCommands(version).map(({ name }) => name.toLowerCase())).size, codes.length);
    }
  });

  it('knows the 125 ordinals of Windows and the specification of TPM 2.0 up to revision 1.84', () => {
    assert.equal(knownCommands('1.2').length, 125);
    assert.equal(commandName('1.2', 231), 'TPM_ExecuteTransport');
    for (const [code, name] of [
      [0x11f, 'TPM2_NV_UndefineSpaceSpecial'],
      [0x193, 'TPM2_EncryptDecrypt2'],
      [0x198, 'TPM2_ACT_SetTimeout'],
      [0x19f, 'TPM2_SetCapability'],
    ] as const) {
      assert.equal(commandName('2.0', code), name);
    }
  });

  it('formats codes for people', () => {
    assert.equal(commandLabel('2.0', 0x17b), 'TPM2_GetRandom (0x17B)');
    assert.equal(commandLabel('1.2', 70), 'TPM_GetRandom (70)');
    assert.equal(commandLabel('2.0', 0x20000123), 'unnamed vendor command 0x20000123');
    assert.equal(commandLabel('2.0', 0x1ff), 'unnamed command 0x1FF');
  });

  it('never throws, on any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.constantFrom(...VERSIONS), (text, version) => {
        const found = findCommand(version, text);
        assert.ok(found.ok || found.reason.length > 0);
      }),
    );
  });
});
