import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, sized, uint16 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { ResponseForgedError } from '../../../ts-core/domain/tpm12/authorized-command.js';
import { TCG_TAG_PCCLIENT, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { readEndorsementCertificate } from '../../../ts-core/domain/tpm12/endorsement-certificate.js';
import { success } from '../../../ts-core/domain/tpm12/responses.js';
import { CERTIFICATE } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered } from '../../support/answered-exchange.js';
import { withOneBitChanged } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET } from '../../support/tpm12-client.js';

const content = (bytes: Uint8Array) => success(sized(bytes));
/** TCG_PCCLIENT_STORED_CERT: tag, kind (0: whole), size of what follows. */
const header = (size: number, tag: number = TCG_TAG_PCCLIENT.STORED_CERT, kind = 0) =>
  content(concat(uint16(tag), Uint8Array.of(kind), uint16(size)));
const full = (certificate: Uint8Array, tag: number = TCG_TAG_PCCLIENT.FULL_CERT) => concat(uint16(tag), certificate);
const readBy = (ownerSecret: Uint8Array | undefined, ...answers: readonly Uint8Array[]) =>
  answered(readEndorsementCertificate(crypto, ownerSecret), ...answers);
const OTHER_TAG = TCG_TAG_PCCLIENT.FULL_CERT + 1;
const DER = Uint8Array.of(0x30, 0x03, 1, 2, 3);
const refused = errorResponse('1.2', TPM_RESULT.AUTH_CONFLICT);

describe('the endorsement certificate in the NV storage of a TPM 1.2', () => {
  it('is read in pieces of 512 bytes behind its header, without authorization if the TPM permits', () => {
    const stored = full(CERTIFICATE);
    const pieces = [stored.subarray(0, 512), stored.subarray(512)].map(content);
    const { result, sent } = readBy(undefined, header(stored.length), ...pieces);
    assert.deepEqual(result, CERTIFICATE);
    const rest = (stored.length - 512).toString(16).padStart(8, '0');
    assert.deepEqual(sent.map(toHex), [
      ['00c1', '00000016', '000000cf', '1000f000', '00000000', '00000005'].join(''),
      ['00c1', '00000016', '000000cf', '1000f000', '00000005', '00000200'].join(''),
      ['00c1', '00000016', '000000cf', '1000f000', '00000205', rest].join(''),
    ]);
  });

  it('is read with the owner’s authorization from a TPM that shows it to nobody else', () => {
    const replay = (name: string, secret: Uint8Array | undefined) =>
      new Replay('1.2', name, (crypto12) => readEndorsementCertificate(crypto12, secret));
    assert.equal(replay('certificate to nobody', undefined).run(), undefined);
    assert.deepEqual(replay('certificate to the owner', OWNER_SECRET).run(), CERTIFICATE);
  });

  it('is refused if the answer to the owner has been changed on its way', () => {
    const replay = new Replay('1.2', 'certificate to the owner', (crypto12) =>
      readEndorsementCertificate(crypto12, OWNER_SECRET),
    );
    for (const changed of withOneBitChanged(replay.lastAnswer)) {
      assert.throws(() => replay.runWithLastAnswer(changed), ResponseForgedError);
    }
  });

  it('ends where its DER sequence does', () => {
    const stored = full(concat(DER, new Uint8Array(4)));
    assert.deepEqual(readBy(undefined, header(stored.length), content(stored)).result, DER);
  });

  it('is undefined if nobody may read it, or the TPM rejects a read in the middle', () => {
    assert.equal(readBy(undefined, refused).result, undefined);
    assert.equal(readBy(undefined, header(100), refused).result, undefined);
    const withOwner = readBy(OWNER_SECRET, refused, errorResponse('1.2', TPM_RESULT.FAIL));
    assert.deepEqual([withOwner.result, withOwner.sent.length], [undefined, 2], 'not even a session can be opened');
  });

  it('is undefined if something else is stored there', () => {
    for (const other of [header(7, OTHER_TAG), header(7, TCG_TAG_PCCLIENT.STORED_CERT, 1), header(1), header(0)]) {
      const { result, sent } = readBy(undefined, other);
      assert.deepEqual([result, sent.length], [undefined, 1]);
    }
    assert.equal(readBy(undefined, header(7), content(full(DER, OTHER_TAG))).result, undefined);
    assert.equal(readBy(undefined, header(7), content(full(Uint8Array.of(0x31, 3, 1, 2, 3)))).result, undefined);
  });

  it('is not read if it claims to be larger than any certificate', () => {
    assert.deepEqual(
      [readBy(undefined, header(8193)).sent.length, readBy(undefined, header(65_535)).sent.length],
      [1, 1],
    );
    const largest = Array.from({ length: 16 }, () => content(new Uint8Array(512)));
    assert.equal(readBy(undefined, header(8192), ...largest).sent.length, 17);
  });

  it('is undefined if an answer is too short, for the header as for the certificate', () => {
    for (let length = 0; length < 5; length++) {
      assert.equal(readBy(undefined, content(new Uint8Array(length))).result, undefined);
    }
    for (let length = 0; length < 2 + DER.length; length++) {
      const cut = full(DER).subarray(0, length);
      assert.equal(readBy(undefined, header(7), content(cut)).result, undefined, `${length} bytes`);
    }
  });
});
