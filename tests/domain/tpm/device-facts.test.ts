import assert from 'node:assert/strict';
import { uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { readDeviceFacts, readDictionaryAttackState } from '../../../ts-core/domain/tpm/device-facts.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CAP, TPM_PT, TPM_RC, TPMA_PERMANENT } from '../../../ts-core/domain/tpm20/codes.js';
import { answered, success } from '../../support/answered-exchange.js';

const properties = (...pairs: readonly (readonly [number, number])[]) =>
  success(Uint8Array.of(0), uint32(TPM_CAP.TPM_PROPERTIES), uint32(pairs.length), ...pairs.flat().map(uint32));
const text = (word: string) => Buffer.from(word.padEnd(4, '\0'), 'latin1').readUInt32BE(0);

describe('the properties that a TPM reports', () => {
  it('come from the fixed properties of a TPM 2.0', () => {
    const answer = properties(
      [TPM_PT.MANUFACTURER, text('IBM')],
      [TPM_PT.VENDOR_STRING_1, text('SW  ')],
      [TPM_PT.VENDOR_STRING_1 + 1, text('TPM')],
      [TPM_PT.FIRMWARE_VERSION_1, 0x20191023],
      [TPM_PT.FIRMWARE_VERSION_2, 0x00163636],
      [TPM_PT.REVISION, 164],
      [TPM_PT.MAX_COMMAND_SIZE, 2048],
      [TPM_PT.MAX_RESPONSE_SIZE, 1024],
    );
    assert.deepEqual(answered(readDeviceFacts('2.0'), answer).result, {
      version: '2.0',
      manufacturerId: text('IBM'),
      manufacturer: 'IBM',
      vendorString: 'SWTPM',
      firmwareVersion: '8217.4131.22.13878',
      specification: '2.0 revision 1.64',
      specificationRevision: 164,
      maxCommandBytes: 2048,
      maxResponseBytes: 1024,
    });
  });

  it('include the usual buffer sizes if the TPM does not report them', () => {
    for (const answer of [properties(), errorResponse('2.0', TPM_RC.FAILURE)]) {
      const { maxCommandBytes, maxResponseBytes, manufacturer } = answered(readDeviceFacts('2.0'), answer).result;
      assert.deepEqual([maxCommandBytes, maxResponseBytes, manufacturer], [4096, 4096, '']);
    }
    const facts = answered(
      readDeviceFacts('1.2'),
      errorResponse('1.2', TPM_RESULT.BAD_PARAMETER),
      errorResponse('1.2', TPM_RESULT.BAD_PARAMETER),
    ).result;
    assert.deepEqual([facts.maxCommandBytes, facts.specification, facts.firmwareVersion], [4096, '1.2', '']);
  });

  it('come from the version of a TPM 1.2', () => {
    const version = [
      uint32(15),
      uint16(0x30),
      Uint8Array.of(1, 2, 7, 3),
      uint16(2),
      Uint8Array.of(5),
      uint32(text('IBM')),
    ];
    const facts = answered(
      readDeviceFacts('1.2'),
      success(...version, uint16(0)),
      success(uint32(4), uint32(1500)),
    ).result;
    assert.deepEqual(
      [
        facts.manufacturer,
        facts.firmwareVersion,
        facts.specification,
        facts.specificationRevision,
        facts.maxCommandBytes,
      ],
      ['IBM', '7.3', '1.2 level 2 errata 5', 5, 1500],
    );
  });
});

describe('the TPM’s own dictionary-attack state', () => {
  it('is read from the variable properties', () => {
    const answer = properties(
      [TPM_PT.PERMANENT, TPMA_PERMANENT.IN_LOCKOUT],
      [TPM_PT.LOCKOUT_COUNTER, 3],
      [TPM_PT.MAX_AUTH_FAIL, 32],
      [TPM_PT.LOCKOUT_INTERVAL, 7200],
      [TPM_PT.LOCKOUT_RECOVERY, 86400],
    );
    assert.deepEqual(answered(readDictionaryAttackState(), answer).result, {
      inLockout: true,
      failedTries: 3,
      maxTries: 32,
      recoverySeconds: 7200,
      lockoutRecoverySeconds: 86400,
    });
  });

  it('is unknown if the TPM does not report its limit', () => {
    assert.equal(answered(readDictionaryAttackState(), properties([TPM_PT.LOCKOUT_COUNTER, 3])).result, undefined);
    const others = answered(readDictionaryAttackState(), properties([TPM_PT.MAX_AUTH_FAIL, 32])).result;
    assert.deepEqual([others?.inLockout, others?.failedTries], [false, 0]);
  });
});
