import assert from 'node:assert/strict';
import fc from 'fast-check';
import { uint16 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { writeUint16, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { actingCodeOf, wrappedCommandOf, wrappedResponseOf } from '../../../ts-core/domain/tpm12/transport.js';
import { TPM_ST } from '../../../ts-core/domain/tpm20/codes.js';
import { command12, insideTransport } from '../../support/tpm12-commands.js';

function executeTransportResponse(wrappedResult: number): Uint8Array {
  const response = new Uint8Array(10 + 8 + 4 + 4 + 10 + 41);
  writeUint16(response, 0, TPM_TAG.RSP_AUTH1_COMMAND);
  writeUint32(response, 2, response.length);
  writeUint32(response, 22, 10);
  writeUint16(response, 26, TPM_TAG.RSP_COMMAND);
  writeUint32(response, 28, 10);
  writeUint32(response, 32, wrappedResult);
  return response;
}

describe('TPM_ExecuteTransport', () => {
  it('contains the embedded command', () => {
    const inner = command12(TPM_ORD.OwnerClear, uint16(7));
    assert.deepEqual(wrappedCommandOf(insideTransport(inner)), inner);
  });

  it('contains nothing if the sizes do not match or the command is truncated', () => {
    const inner = command12(TPM_ORD.OwnerClear);
    for (const declared of [0, 9, 11, 0xffffffff]) {
      assert.equal(wrappedCommandOf(insideTransport(inner, declared)), undefined, `${declared}`);
    }
    assert.equal(wrappedCommandOf(insideTransport(inner).subarray(0, 23)), undefined);
    writeUint32(inner, 2, 11);
    assert.equal(wrappedCommandOf(insideTransport(inner)), undefined, 'its own size field disagrees');
  });

  it('contains nothing if the authorization of the transport session does not follow', () => {
    const command = insideTransport(command12(TPM_ORD.OwnerClear));
    for (const missing of [1, 45]) {
      const cut = command.slice(0, command.length - missing);
      writeUint32(cut, 2, cut.length);
      assert.equal(wrappedCommandOf(cut), undefined);
    }
  });

  it('contains nothing without the tag of a command', () => {
    for (const tag of [TPM_TAG.RQU_COMMAND - 1, TPM_TAG.RSP_COMMAND, TPM_ST.NO_SESSIONS]) {
      const inner = command12(TPM_ORD.OwnerClear, new Uint8Array(), tag);
      assert.equal(wrappedCommandOf(insideTransport(inner)), undefined);
    }
  });

  it('has the effects of the embedded command, on TPM 1.2 only', () => {
    const { ExecuteTransport, ResetLockValue, GetRandom } = TPM_ORD;
    const command = insideTransport(command12(ResetLockValue));
    assert.equal(actingCodeOf('1.2', ExecuteTransport, command), ResetLockValue);
    assert.equal(actingCodeOf('1.2', ExecuteTransport, new Uint8Array(10)), ExecuteTransport);
    assert.equal(actingCodeOf('1.2', GetRandom, command), GetRandom);
    assert.equal(actingCodeOf('2.0', ExecuteTransport, command), ExecuteTransport);
  });

  it('contains the embedded response', () => {
    const response = executeTransportResponse(TPM_RESULT.AUTH2FAIL);
    assert.deepEqual(wrappedResponseOf(response), response.subarray(26, 36));
    assert.equal(wrappedResponseOf(response.subarray(0, 35)), undefined);
    writeUint32(response, 28, 11);
    assert.equal(wrappedResponseOf(response), undefined, 'its own size field disagrees');
  });

  it('contains no result if the transport itself failed', () => {
    const response = executeTransportResponse(TPM_RESULT.SUCCESS);
    writeUint32(response, 6, TPM_RESULT.AUTHFAIL);
    assert.equal(wrappedResponseOf(response), undefined);
  });

  it('never throws, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        wrappedCommandOf(bytes);
        wrappedResponseOf(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
