import assert from 'node:assert/strict';
import { type WarningFacts, warningsFrom } from '../../../ts-core/application/status/warnings.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';

const SOUND: WarningFacts = {
  transport: 'device /dev/tpm0',
  passedOver: [],
  replacedTpm: undefined,
  abrmd: { processId: undefined, activatable: false },
  exposure: [],
  dictionaryAttack: undefined,
  policy: mergePolicy([], 1),
  lostAuditLines: 0,
  disabledActions: [],
};

function only(facts: Partial<WarningFacts>) {
  const warnings = warningsFrom({ ...SOUND, ...facts });
  assert.equal(warnings.length, 1, JSON.stringify(warnings));
  return warnings[0] as (typeof warnings)[number];
}

describe('the warnings of status', () => {
  it('are empty while everything is in order', () => {
    assert.deepEqual(warningsFrom(SOUND), []);
  });

  it('name the stand-in for the TPM, and the reason', () => {
    const reason = 'it is held by process 812 (tcsd)';
    const { id, message } = only({
      transport: 'device /dev/tpmrm0',
      passedOver: [{ transport: 'device /dev/tpm0', reason }],
    });
    assert.equal(id, 'tpmStandsIn');
    assert.equal(message, `device /dev/tpmrm0 stands in for another TPM. device /dev/tpm0: ${reason}`);
  });

  it('explain how to keep D-Bus from starting tpm2-abrmd', () => {
    const { id, action } = only({ abrmd: { processId: undefined, activatable: true } });
    assert.equal(id, 'abrmdActivatable');
    assert.match(action, /systemctl mask --now tpm2-abrmd\.service/);
  });

  it('name the process of a running tpm2-abrmd, and explain how to stop it permanently', () => {
    const { id, message, action } = only({ abrmd: { processId: 812, activatable: true } });
    assert.equal(id, 'abrmdRuns');
    assert.match(message, /process 812/);
    assert.match(action, /systemctl mask --now tpm2-abrmd\.service/);
  });

  it('ignore tpm2-abrmd if it could not use the same TPM', () => {
    assert.deepEqual(warningsFrom({ ...SOUND, abrmd: undefined }), []);
  });

  it('report that the TPM approaches its own lockout, from three quarters of its limit on', () => {
    const state = { inLockout: false, maxTries: 32, recoverySeconds: 600, lockoutRecoverySeconds: 86_400 };
    assert.deepEqual(warningsFrom({ ...SOUND, dictionaryAttack: { ...state, failedTries: 23 } }), []);
    const near = only({ dictionaryAttack: { ...state, failedTries: 24 } });
    assert.equal(near.id, 'tpmNearLockout');
    assert.match(near.message, /24 of 32 failed tries/);
    assert.match(near.action, /^Unblock-Tpm resets it; .*one try every 600 s/);
    assert.equal(only({ dictionaryAttack: { ...state, inLockout: true, failedTries: 32 } }).id, 'tpmLockedOut');
  });

  it('name the event actions that failed too often and how to enable them, but not what their scripts reported', () => {
    const { id, message, action } = only({ disabledActions: ['notify'] });
    assert.equal(id, 'eventActionDisabled');
    assert.equal(message, 'Event action notify is disabled.');
    assert.match(action, /Get-TbsEventAction says why.*Register-TbsEventAction/);
    const both = only({ disabledActions: ['notify', 'log'] });
    assert.equal(both.message, 'These event actions are disabled: notify, log.');
  });
});
