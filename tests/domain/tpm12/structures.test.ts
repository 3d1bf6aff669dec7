import assert from 'node:assert/strict';
import { concat, sized, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ORD, TPM_RT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { publicPartOfLoadedKey, readContextBlob } from '../../../ts-core/domain/tpm12/structures.js';
import { command12 } from '../../support/tpm12-commands.js';

describe('TPM_CONTEXT_BLOB', () => {
  const label = new Uint8Array(16);
  const digest = new Uint8Array(20).map((_, index) => index + 1);
  const blob = concat(uint16(TPM_TAG.CONTEXTBLOB), uint32(TPM_RT.AUTH), uint32(7), label, uint32(9), digest, uint32(0));

  it('has its type, its handle, its count and its digest', () => {
    assert.deepEqual(readContextBlob(blob), {
      resourceType: TPM_RT.AUTH,
      handle: 7,
      contextCount: 9,
      integrityDigest: '0102030405060708090a0b0c0d0e0f1011121314',
    });
    assert.ok(readContextBlob(blob.subarray(0, 50)));
  });

  it('is not found if it is too short or has another tag', () => {
    assert.equal(readContextBlob(blob.subarray(0, 49)), undefined);
    const other = blob.slice();
    other[1] = 2;
    assert.equal(readContextBlob(other), undefined);
  });
});

describe('the public part of a key to load', () => {
  const key = (publicKey: Uint8Array) =>
    concat(
      uint32(0x40000000),
      new Uint8Array(19),
      sized(Uint8Array.of(1, 2, 3)),
      sized(Uint8Array.of(4)),
      sized(publicKey),
      sized(Uint8Array.of(9, 9)),
    );

  it('is pubKey in hexadecimal, after the parameters and the PCR information', () => {
    for (const ordinal of [TPM_ORD.LoadKey, TPM_ORD.LoadKey2]) {
      assert.equal(publicPartOfLoadedKey(command12(ordinal, key(Uint8Array.of(0xab, 0x0c)))), 'ab0c');
    }
  });

  it('is unknown for other commands and for truncated keys', () => {
    const bytes = command12(TPM_ORD.LoadKey2, key(Uint8Array.of(0xab, 0x0c)));
    assert.equal(publicPartOfLoadedKey(command12(TPM_ORD.Seal, key(Uint8Array.of(1)))), undefined);
    const end = bytes.length - 6;
    assert.equal(publicPartOfLoadedKey(bytes.subarray(0, end)), 'ab0c');
    for (const length of [end - 1, 45, 40, 35, 34, 14, 10]) {
      assert.equal(publicPartOfLoadedKey(bytes.subarray(0, length)), undefined, `${length} bytes`);
    }
  });
});
