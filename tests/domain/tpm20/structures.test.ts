import assert from 'node:assert/strict';
import { FieldReader } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import {
  decodeCommandAttributes,
  hierarchyOf,
  isSavedContext,
  readSized16,
  sameSave,
  savedHandleOf,
  sized16,
  staysValidInUse,
} from '../../../ts-core/domain/tpm20/structures.js';

/** A TPMS_CONTEXT: sequence, savedHandle, hierarchy, contextBlob. */
function savedContext(
  sequence: number,
  savedHandle: number,
  hierarchy: number,
  content: readonly number[],
): Uint8Array {
  const bytes = Buffer.alloc(18 + content.length);
  bytes.writeBigUInt64BE(BigInt(sequence), 0);
  bytes.writeUInt32BE(savedHandle, 8);
  bytes.writeUInt32BE(hierarchy, 12);
  bytes.writeUInt16BE(content.length, 16);
  bytes.set(content, 18);
  return new Uint8Array(bytes);
}

describe('structures of TPM 2.0', () => {
  it('TPM2B: a size of two bytes and the bytes', () => {
    assert.deepEqual(sized16(Uint8Array.of(7, 8)), Uint8Array.of(0, 2, 7, 8));
    assert.deepEqual(readSized16(new FieldReader(Uint8Array.of(0, 1, 9, 5))), Uint8Array.of(9));
  });

  it('TPMA_CC: the code with the vendor’s bit, the handles, and what happens to them', () => {
    assert.deepEqual(decodeCommandAttributes(0x12000131), {
      code: TPM_CC.CreatePrimary,
      handleCount: 1,
      returnsHandle: true,
      flushesHandles: false,
    });
    assert.deepEqual(decodeCommandAttributes(0x0300013e), {
      code: TPM_CC.SequenceComplete,
      handleCount: 1,
      returnsHandle: false,
      flushesHandles: true,
    });
    assert.equal(decodeCommandAttributes(0x2e000123).code, 0x20000123);
    assert.equal(decodeCommandAttributes(0x2e000123).handleCount, 7);
    assert.equal(
      decodeCommandAttributes(0x00c00176).code,
      TPM_CC.StartAuthSession,
      'nv and extensive are no part of it',
    );
  });

  it('TPMS_CONTEXT: its form, its handle and its hierarchy', () => {
    const blob = savedContext(5, 0x03000001, TPM_RH.NULL, [1, 2, 3]);
    assert.deepEqual([savedHandleOf(blob), hierarchyOf(blob)], [0x03000001, TPM_RH.NULL]);
    assert.equal(isSavedContext(blob), true);
    assert.equal(isSavedContext(savedContext(5, 0x80000000, TPM_RH.OWNER, [])), true, 'an empty contextBlob');
    assert.equal(isSavedContext(blob.subarray(0, blob.length - 1)), false, 'cut off');
    assert.equal(isSavedContext(Uint8Array.of(...blob, 0)), false, 'something follows it');
    assert.equal(isSavedContext(blob.subarray(0, 17)), false);
  });

  it('TPMS_CONTEXT: the saved context of a sequence object is void once the object is used', () => {
    assert.equal(staysValidInUse(savedContext(1, 0x80000000, TPM_RH.OWNER, [])), true);
    assert.equal(staysValidInUse(savedContext(1, 0x80000001, TPM_RH.OWNER, [])), false);
    assert.equal(staysValidInUse(savedContext(1, 0x80000002, TPM_RH.OWNER, [])), true, 'TPMA_OBJECT_STCLEAR');
  });

  it('TPMS_CONTEXT: two are from the same save if sequence and handle are the same', () => {
    const blob = savedContext(5, 0x03000001, TPM_RH.NULL, [1, 2, 3]);
    assert.equal(sameSave(blob, savedContext(5, 0x03000001, TPM_RH.OWNER, [4])), true);
    assert.equal(sameSave(blob, savedContext(6, 0x03000001, TPM_RH.NULL, [1, 2, 3])), false);
    assert.equal(sameSave(blob, savedContext(5, 0x03000002, TPM_RH.NULL, [1, 2, 3])), false);
  });
});
