import assert from 'node:assert/strict';
import { MATERIAL_NAMES } from '../../../ts-core/domain/owner-auth/kept-material.js';
import { changesOwnerAuth, materialVoidedBy } from '../../../ts-core/domain/owner-auth/raw-changes.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { command12, insideTransport } from '../../support/tpm12-commands.js';
import { authorized, command } from '../../support/tpm20-commands.js';

/** Returns the arguments of the rules for a command with this code and this handle. */
function about(code: number, handle: number): ['2.0', number, Uint8Array] {
  return ['2.0', code, authorized(code, [handle], [])];
}

describe('raw changes', () => {
  it('of the owner or lockout authorization are recognized, even inside a transport session', () => {
    assert.ok(changesOwnerAuth(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.LOCKOUT)));
    assert.ok(changesOwnerAuth(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.OWNER)));
    assert.ok(!changesOwnerAuth(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.ENDORSEMENT)), 'endorsement');
    assert.ok(!changesOwnerAuth(...about(TPM_CC.CreatePrimary, TPM_RH.OWNER)), 'CreatePrimary');
    for (const ordinal of [TPM_ORD.TakeOwnership, TPM_ORD.ChangeAuthOwner]) {
      assert.ok(changesOwnerAuth('1.2', ordinal, command12(ordinal)));
      assert.ok(changesOwnerAuth('1.2', TPM_ORD.ExecuteTransport, insideTransport(command12(ordinal))));
    }
    assert.ok(!changesOwnerAuth('1.2', TPM_ORD.ExecuteTransport, insideTransport(command12(TPM_ORD.Reset))));
  });

  it('void exactly the material that they affect', () => {
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.Clear, TPM_RH.LOCKOUT)), MATERIAL_NAMES['2.0']);
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.LOCKOUT)), ['owner']);
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.OWNER)), ['storage']);
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.ENDORSEMENT)), ['endorsement']);
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.HierarchyChangeAuth, TPM_RH.PLATFORM)), [], 'platform');
    assert.deepEqual(
      materialVoidedBy('1.2', TPM_ORD.ExecuteTransport, insideTransport(command12(TPM_ORD.OwnerClear))),
      MATERIAL_NAMES['1.2'],
    );
    assert.deepEqual(materialVoidedBy('1.2', TPM_ORD.Reset, command12(TPM_ORD.Reset)), []);
  });

  it('of the endorsement seed void the material that depends on it', () => {
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.ChangeEPS, TPM_RH.PLATFORM)), ['endorsement']);
    assert.deepEqual(materialVoidedBy(...about(TPM_CC.ChangePPS, TPM_RH.PLATFORM)), []);
  });

  it('are not found in any other command, whatever its first handle', () => {
    for (const handle of [TPM_RH.OWNER, TPM_RH.LOCKOUT, TPM_RH.ENDORSEMENT]) {
      assert.deepEqual(materialVoidedBy(...about(TPM_CC.CreatePrimary, handle)), []);
      assert.equal(changesOwnerAuth(...about(TPM_CC.DictionaryAttackLockReset, handle)), false);
    }
  });

  it('are read only as far as they go', () => {
    const whole = authorized('HierarchyChangeAuth', [TPM_RH.LOCKOUT], []);
    const code = TPM_CC.HierarchyChangeAuth;
    for (const length of [10, 12, 13]) {
      assert.equal(changesOwnerAuth('2.0', code, whole.slice(0, length)), false);
      assert.deepEqual(materialVoidedBy('2.0', code, whole.slice(0, length)), []);
    }
    assert.equal(changesOwnerAuth('2.0', code, whole.slice(0, 14)), true);
    assert.deepEqual(materialVoidedBy('2.0', code, command('HierarchyChangeAuth', [])), []);
  });
});
