/** The rules of the owner authorization: what is kept, what a level change means, which raw commands change it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { backupMode } from '../../../ts-core/domain/owner-auth/backup-mode.js';
import { MATERIAL_NAMES, materialFor, OWNER_AUTH_TYPES } from '../../../ts-core/domain/owner-auth/kept-material.js';
import { levelTransition } from '../../../ts-core/domain/owner-auth/level-transition.js';
import { parseAuth, parseOwnerAuth } from '../../../ts-core/domain/owner-auth/owner-auth-value.js';
import { decodePendingChange, encodePendingChange } from '../../../ts-core/domain/owner-auth/pending-change.js';
import { provisioningVerdict } from '../../../ts-core/domain/owner-auth/provisioning-information.js';
import { changesOwnerAuth, materialVoidedBy } from '../../../ts-core/domain/owner-auth/raw-changes.js';
import { DEFAULT_POLICY_SETTINGS, type OsManagedAuthLevel } from '../../../ts-core/domain/policy/settings.js';
import { command12, insideTransport } from '../../support/tpm12-commands.js';

const LEVELS: readonly OsManagedAuthLevel[] = [0, 2, 4, 5];
const anyLevel = fc.constantFrom(...LEVELS);
const anyVersion = fc.constantFrom('1.2' as const, '2.0' as const);

describe('the levels of owner authorization', () => {
  it('keep: None nothing, Delegated delegated material only, Full all, 5 the lockout authorization of a TPM 2.0', () => {
    assert.deepEqual(materialFor(0, '2.0'), []);
    assert.deepEqual(materialFor(0, '1.2'), []);
    assert.deepEqual(materialFor(2, '2.0'), ['storage', 'endorsement']);
    assert.deepEqual(materialFor(2, '1.2'), ['administratorDelegation', 'userDelegation', 'endorsementDelegation']);
    assert.deepEqual(materialFor(4, '2.0'), ['owner', 'storage', 'endorsement']);
    assert.ok(materialFor(4, '1.2').includes('owner'));
    assert.deepEqual(materialFor(5, '2.0'), ['owner']);
    assert.deepEqual(materialFor(5, '1.2'), materialFor(2, '1.2'));
  });

  it('make a new owner authorization exactly when Delegated follows one that kept it', () => {
    fc.assert(
      fc.property(anyVersion, anyLevel, anyLevel, (version, from, to) => {
        const kept = materialFor(from, version).includes('owner');
        const delegated = to === 2 || (to === 5 && version === '1.2');
        assert.equal(levelTransition(version, from, to).newOwnerAuth, kept && delegated);
      }),
    );
  });

  it('wipe everything that the new level does not keep, and nothing that it keeps', () => {
    fc.assert(
      fc.property(anyVersion, anyLevel, anyLevel, (version, from, to) => {
        const { wiped, reopened } = levelTransition(version, from, to);
        assert.deepEqual([...wiped, ...materialFor(to, version)].sort(), [...MATERIAL_NAMES[version]].sort());
        for (const name of reopened) assert.ok(wiped.includes(name));
      }),
    );
  });

  it('give the types of Tbs.h to the versions that have them', () => {
    const numbers = OWNER_AUTH_TYPES.map(({ number, versions }) => `${number} ${versions.join()}`);
    assert.deepEqual(numbers, ['1 1.2,2.0', '2 1.2', '3 1.2', '4 1.2', '12 2.0', '13 2.0']);
    assert.deepEqual(
      OWNER_AUTH_TYPES.filter(({ administratorsOnly }) => !administratorsOnly).map(({ name }) => name),
      ['User'],
    );
  });
});

describe('the backup policy', () => {
  it('is off without ActiveDirectoryBackup, and required with it unless RequireActiveDirectoryBackup is 0', () => {
    const mode = (activeDirectoryBackup: boolean, requireActiveDirectoryBackup: boolean | undefined) =>
      backupMode({ ...DEFAULT_POLICY_SETTINGS, activeDirectoryBackup, requireActiveDirectoryBackup });
    assert.deepEqual([mode(false, undefined), mode(false, true)], ['off', 'off']);
    assert.deepEqual(
      [mode(true, undefined), mode(true, true), mode(true, false)],
      ['required', 'required', 'optional'],
    );
  });
});

describe('an owner authorization as text', () => {
  it('is the base64 of exactly 20 bytes', () => {
    assert.deepEqual(
      parseOwnerAuth('1euIs20Or/60b0ehnTqoX4cMis8='),
      new Uint8Array(Buffer.from('1euIs20Or/60b0ehnTqoX4cMis8=', 'base64')),
    );
    for (const text of [
      '',
      'AAAA',
      '1euIs20Or/60b0ehnTqoX4cMis9=',
      '1euIs20Or/60b0ehnTqoX4cMis8',
      ' 1euIs20Or/60b0ehnTqoX4cMis8=',
    ]) {
      assert.equal(parseOwnerAuth(text), undefined, JSON.stringify(text));
    }
  });

  it('in force may be any base64 of at most 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const parsed = parseAuth(Buffer.from(bytes).toString('base64'));
        assert.deepEqual(parsed, bytes.length <= 64 ? new Uint8Array(bytes) : undefined);
      }),
    );
    assert.equal(parseAuth('not base64'), undefined);
  });
});

describe('the record of a change under way', () => {
  it('reads back as it was written', () => {
    const phase = fc.constantFrom('changing', 'changingFromOld', 'committing', 'unbacked' as const);
    const oldValue = fc.option(fc.uint8Array({ maxLength: 64 }), { nil: undefined });
    fc.assert(
      fc.property(phase, fc.uint8Array({ minLength: 20, maxLength: 20 }), oldValue, (phaseName, newValue, old) => {
        const change = { phase: phaseName, newValue, oldValue: old } as const;
        assert.deepEqual(decodePendingChange(encodePendingChange(change as never)), change);
      }),
    );
  });

  it('is nothing for bytes of any other kind', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void decodePendingChange(bytes)));
    assert.equal(decodePendingChange(new Uint8Array(3)), undefined);
    assert.equal(decodePendingChange(new Uint8Array(24)), undefined);
  });
});

describe('raw commands', () => {
  const command20 = (code: number, handle: number) =>
    new Uint8Array(
      Buffer.from(`800200000000${code.toString(16).padStart(8, '0')}${handle.toString(16)}00000000`, 'hex'),
    );
  it('that change owner or lockout authorization are known, also inside a transport session', () => {
    assert.ok(changesOwnerAuth('2.0', 0x129, command20(0x129, 0x4000000a)));
    assert.ok(changesOwnerAuth('2.0', 0x129, command20(0x129, 0x40000001)));
    assert.ok(!changesOwnerAuth('2.0', 0x129, command20(0x129, 0x4000000b)), 'endorsement');
    assert.ok(!changesOwnerAuth('2.0', 0x131, command20(0x131, 0x40000001)), 'CreatePrimary');
    for (const ordinal of [13, 16]) {
      assert.ok(changesOwnerAuth('1.2', ordinal, command12(ordinal)));
      assert.ok(changesOwnerAuth('1.2', 231, insideTransport(command12(ordinal))));
    }
    assert.ok(!changesOwnerAuth('1.2', 231, insideTransport(command12(64))));
  });

  it('void exactly what they change', () => {
    assert.deepEqual(materialVoidedBy('2.0', 0x126, command20(0x126, 0x4000000a)), MATERIAL_NAMES['2.0']);
    assert.deepEqual(materialVoidedBy('2.0', 0x129, command20(0x129, 0x4000000a)), ['owner']);
    assert.deepEqual(materialVoidedBy('2.0', 0x129, command20(0x129, 0x40000001)), ['storage']);
    assert.deepEqual(materialVoidedBy('2.0', 0x129, command20(0x129, 0x4000000b)), ['endorsement']);
    assert.deepEqual(materialVoidedBy('2.0', 0x129, command20(0x129, 0x4000000c)), [], 'platform');
    assert.deepEqual(materialVoidedBy('1.2', 231, insideTransport(command12(91))), MATERIAL_NAMES['1.2']);
    assert.deepEqual(materialVoidedBy('1.2', 64, command12(64)), []);
  });
});

describe('the provisioning information', () => {
  it('is the sum of the bits, and ready when none of them is needed', () => {
    assert.deepEqual(provisioningVerdict([]).information, 0);
    const verdict = provisioningVerdict(['TPM_CREATE_EK', 'TPM_TAKE_OWNERSHIP', 'PHYSICAL_PRESENCE']);
    assert.equal(verdict.information, 0x80 | 0x40 | 0x10);
    assert.deepEqual([verdict.ready, verdict.physicalPresenceRequired, verdict.clearRequired], [false, true, false]);
    assert.ok(provisioningVerdict(['TPM_AD_BACKUP_PHASE_II']).ready);
  });
});
