import assert from 'node:assert/strict';
import { concat, TruncatedFieldError, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { EK_CERTIFICATE_INDICES, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { readNvIndex } from '../../../ts-core/domain/tpm20/endorsement-certificate.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import { CERTIFICATE, NV_INDEX } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { truncationsOf } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';

/** The response to TPM2_NV_ReadPublic: TPMS_NV_PUBLIC with a policy of two bytes, and the name. */
function publicArea(sizeBytes: number): Uint8Array {
  const area = [uint32(NV_INDEX), uint16(0x000b), uint32(0x02040002), sized16(Uint8Array.of(9, 9)), uint16(sizeBytes)];
  return success(sized16(concat(...area)), sized16(new Uint8Array(34)));
}

const contentOf = (bytes: Uint8Array) => successWithSession(sized16(bytes));

describe('an NV index of a TPM 2.0', () => {
  it('is read in pieces of 512 bytes, each from its offset, with the empty authorization', () => {
    const content = new Uint8Array(1100).map((_, index) => index % 251);
    const pieces = [content.subarray(0, 512), content.subarray(512, 1024), content.subarray(1024)].map(contentOf);
    const { result, sent } = answered(readNvIndex(NV_INDEX), publicArea(content.length), ...pieces);
    assert.deepEqual(result, content);
    const read = ['8002', '00000023', '0000014e', '01c00002', '01c00002', '00000009', '40000009', '0000', '01', '0000'];
    assert.deepEqual(sent.map(toHex), [
      ['8001', '0000000e', '00000169', '01c00002'].join(''),
      ...['02000000', '02000200', '004c0400'].map((sizeAndOffset) => [...read, sizeAndOffset].join('')),
    ]);
  });

  it('is read by the commands that a TPM accepted', () => {
    assert.deepEqual(new Replay('2.0', 'readNvIndex', () => readNvIndex(NV_INDEX)).run(), CERTIFICATE);
    assert.equal(new Replay('2.0', 'readNvIndex of none', () => readNvIndex(NV_INDEX + 1)).run(), undefined);
  });

  it('is empty without a read if it has no content', () => {
    assert.deepEqual(answered(readNvIndex(NV_INDEX), publicArea(0)).result, new Uint8Array());
  });

  it('is undefined if the TPM rejects a read, even in the middle', () => {
    const refused = errorResponse('2.0', TPM_RC.NV_UNINITIALIZED);
    const first = contentOf(new Uint8Array(512));
    assert.equal(answered(readNvIndex(NV_INDEX), publicArea(600), refused).result, undefined);
    assert.equal(answered(readNvIndex(NV_INDEX), publicArea(600), first, refused).result, undefined);
  });

  it('is never made up from answers that are too short', () => {
    const description = publicArea(4);
    for (const cut of truncationsOf(description, description.length - 36)) {
      assert.throws(() => answered(readNvIndex(NV_INDEX), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
    const content = contentOf(new Uint8Array(4));
    for (const cut of truncationsOf(content, content.length - 5)) {
      assert.throws(
        () => answered(readNvIndex(NV_INDEX), description, cut),
        TruncatedFieldError,
        `${cut.length} bytes`,
      );
    }
  });
});

describe('the indices of the endorsement certificates', () => {
  it('are those of the EK Credential Profile, low range first, each once', () => {
    assert.deepEqual(EK_CERTIFICATE_INDICES.map((index) => index.toString(16)).slice(0, 2), ['1c00002', '1c0000a']);
    const high = EK_CERTIFICATE_INDICES.slice(2);
    assert.ok(high.every((index) => index >= 0x01c00012 && index <= 0x01c0001e && index % 2 === 0));
    assert.equal(new Set(EK_CERTIFICATE_INDICES).size, 9);
  });
});
