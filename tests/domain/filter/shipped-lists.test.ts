import assert from 'node:assert/strict';
import { CALLER_CLASSES, type CallerClass } from '../../../ts-core/domain/caller.js';
import { TPM12_DEFAULT_BLOCKED } from '../../../ts-core/domain/filter/tpm12-default-blocked.js';
import { TPM20_ALLOWED } from '../../../ts-core/domain/filter/tpm20-allowed.js';
import { commandName, findCommand, knownCommands } from '../../../ts-core/domain/tpm/command-names.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { type OrdinalName, TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_RH, TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';
import { decideOn, listsOf } from './filter-fixtures.js';

const LISTS = listsOf();

function isAllowed(
  version: TpmVersion,
  name: string,
  callerClass: CallerClass,
  handles: readonly number[] = [],
): boolean {
  const found = findCommand(version, name);
  assert.ok(found.ok, name);
  return decideOn(LISTS, version, found.code, callerClass, version === '2.0' ? handles : null).allowed;
}

describe('shipped allowed lists of TPM 2.0', () => {
  it('have one entry with a reason for every known command, under its name', () => {
    const codes = TPM20_ALLOWED.map(({ code }) => code);
    assert.deepEqual(
      codes,
      knownCommands('2.0').map(({ code }) => code),
    );
    for (const { code, name, reason } of TPM20_ALLOWED) {
      assert.equal(name, commandName('2.0', code));
      assert.match(reason, /^[A-Z].*\.$/s, name);
    }
  });

  it('allow nobody the platform’s commands', () => {
    const platform =
      'ChangeEPS ChangePPS PP_Commands SetAlgorithmSet FieldUpgradeStart FieldUpgradeData FirmwareRead ReadOnlyControl';
    for (const name of platform.split(' ')) {
      for (const callerClass of CALLER_CLASSES) assert.equal(isAllowed('2.0', name, callerClass), false, name);
    }
  });

  it('allow administrators, but not standard users, to change, clear, lock or reset the TPM for others', () => {
    const administration =
      'Clear ClearControl HierarchyControl HierarchyChangeAuth SetPrimaryPolicy DictionaryAttackParameters DictionaryAttackLockReset EvictControl ClockSet ClockRateAdjust Shutdown PCR_Allocate PCR_SetAuthPolicy PCR_SetAuthValue NV_DefineSpace NV_UndefineSpace NV_UndefineSpaceSpecial NV_GlobalWriteLock SetCommandCodeAuditStatus ACT_SetTimeout';
    for (const name of administration.split(' ')) {
      assert.equal(isAllowed('2.0', name, 'administrator'), true, name);
      assert.equal(isAllowed('2.0', name, 'standardUser'), false, name);
      assert.equal(isAllowed('2.0', name, 'sandboxedApp'), false, name);
    }
  });

  it('let a standard user do the everyday work of tpm2-tools', () => {
    const everyday =
      'Startup GetCapability GetRandom StirRandom SelfTest GetTestResult TestParms PCR_Read CreatePrimary Create CreateLoaded Load LoadExternal ReadPublic FlushContext ContextSave ContextLoad Sign VerifySignature Hash HMAC HMAC_Start HashSequenceStart SequenceUpdate SequenceComplete RSA_Encrypt RSA_Decrypt ECDH_KeyGen ECDH_ZGen EncryptDecrypt EncryptDecrypt2 Unseal Quote Certify CertifyCreation GetTime ReadClock Import Duplicate MakeCredential ActivateCredential ObjectChangeAuth StartAuthSession PolicyRestart PolicyPCR PolicySecret PolicySigned PolicyAuthorize PolicyOR PolicyPassword PolicyAuthValue PolicyGetDigest PolicyCommandCode PolicyNV NV_Read NV_ReadPublic NV_Write NV_Increment NV_Certify';
    for (const name of everyday.split(' ')) assert.equal(isAllowed('2.0', name, 'standardUser'), true, name);
  });

  it('let sandboxed apps use keys, but not attestation, NV, PCR changes or primary keys', () => {
    for (const name of 'GetRandom GetCapability Load Create Sign Unseal Hash FlushContext PCR_Read StartAuthSession'.split(
      ' ',
    )) {
      assert.equal(isAllowed('2.0', name, 'sandboxedApp'), true, name);
    }
    const withheld =
      'CreatePrimary CreateLoaded Quote Certify GetTime ActivateCredential NV_Read NV_Write PCR_Extend PCR_Reset SelfTest Duplicate Import';
    for (const name of withheld.split(' ')) assert.equal(isAllowed('2.0', name, 'sandboxedApp'), false, name);
  });

  it('open the PCRs of applications to standard users, and those of the boot only to administrators', () => {
    for (const name of ['PCR_Extend', 'PCR_Event', 'PCR_Reset', 'EventSequenceComplete']) {
      for (let pcr = 0; pcr < 32; pcr += 1) {
        assert.equal(isAllowed('2.0', name, 'standardUser', [pcr]), pcr === 16 || pcr === 23, `${name} ${pcr}`);
        assert.equal(isAllowed('2.0', name, 'administrator', [pcr]), true);
        assert.equal(isAllowed('2.0', name, 'sandboxedApp', [pcr]), false);
      }
    }
    assert.equal(isAllowed('2.0', 'EventSequenceComplete', 'standardUser', [TPM_RH.NULL, TRANSIENT_FIRST]), true);
  });
});

describe('shipped blocked lists of TPM 1.2', () => {
  it('block for administrators exactly the 23 ordinals that Windows documents', () => {
    assert.deepEqual(
      TPM12_DEFAULT_BLOCKED.administrator.map(({ ordinal }) => ordinal),
      [
        'ChangeAuthAsymStart ChangeAuthAsymFinish Quote DirWriteAuth DirRead LoadKey EvictKey Quote2',
        'CertifySelfTest Reset GetCapabilitySigned GetCapabilityOwner OwnerReadPubek DisablePubekRead',
        'GetAuditEvent GetAuditEventSigned GetOrdinalAuditStatus Terminate_Handle SaveState',
        'SaveKeyContext LoadKeyContext SaveAuthContext LoadAuthContext',
      ].flatMap((names) => names.split(' ').map((name) => TPM_ORD[name as OrdinalName])),
    );
  });

  it('are nested: a class that may send less than another never may send more', () => {
    const ordinalsOf = (callerClass: CallerClass) => TPM12_DEFAULT_BLOCKED[callerClass].map(({ ordinal }) => ordinal);
    const users = new Set(ordinalsOf('standardUser'));
    const apps = new Set(ordinalsOf('sandboxedApp'));
    assert.ok(ordinalsOf('administrator').every((ordinal) => users.has(ordinal)));
    assert.ok([...users].every((ordinal) => apps.has(ordinal)));
    assert.ok(users.size > 23 && apps.size > users.size);
  });

  it('name only known ordinals, once, with a reason', () => {
    for (const callerClass of CALLER_CLASSES) {
      const entries = TPM12_DEFAULT_BLOCKED[callerClass];
      assert.equal(new Set(entries.map(({ ordinal }) => ordinal)).size, entries.length);
      for (const { ordinal, name, reason } of entries) {
        assert.equal(name, commandName('1.2', ordinal));
        assert.match(reason, /^[A-Z].*\.$/s, name);
      }
    }
  });

  it('keep standard users from asserting physical presence, clearing, deactivating or upgrading', () => {
    const withheld =
      'TSC_PhysicalPresence TSC_ResetEstablishmentBit PhysicalEnable PhysicalDisable PhysicalSetDeactivated SetTempDeactivated SetOperatorAuth OwnerSetDisable SetOwnerInstall OwnerClear ForceClear DisableOwnerClear DisableForceClear RevokeTrust FieldUpgrade TakeOwnership ChangeAuthOwner ResetLockValue SetCapability NV_DefineSpace Extend';
    for (const name of withheld.split(' ')) {
      assert.equal(isAllowed('1.2', name, 'standardUser'), false, name);
      assert.equal(isAllowed('1.2', name, 'sandboxedApp'), false, name);
      assert.equal(isAllowed('1.2', name, 'administrator'), true, name);
    }
    for (const name of 'OIAP OSAP GetRandom LoadKey2 Sign Unseal Seal PcrRead GetCapability Startup'.split(' ')) {
      for (const callerClass of CALLER_CLASSES) assert.equal(isAllowed('1.2', name, callerClass), true, name);
    }
  });

  it('let an unlisted ordinal through to the TPM', () => {
    assert.equal(decideOn(LISTS, '1.2', 0x20000001, 'standardUser', null).allowed, true);
  });
});
