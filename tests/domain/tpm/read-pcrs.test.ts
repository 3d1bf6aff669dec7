import assert from 'node:assert/strict';
import { uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, HEADER_BYTES, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { readPcrs } from '../../../ts-core/domain/tpm/read-pcrs.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_ALG, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { answered, success } from '../../support/answered-exchange.js';

const digest = (index: number, bytes = 32) => new Uint8Array(bytes).fill(index + 1);

/** Returns a response with the digests of these PCRs. */
function pcrs(...indexes: readonly number[]): Uint8Array {
  const select = new Uint8Array(3);
  for (const index of indexes) select[index >> 3] = (select[index >> 3] as number) | (1 << (index & 7));
  const digests = indexes.flatMap((index) => [uint16(32), digest(index)]);
  return success(
    uint32(9),
    uint32(1),
    uint16(TPM_ALG.SHA256),
    Uint8Array.of(3),
    select,
    uint32(indexes.length),
    ...digests,
  );
}

const wanted = (...indexes: readonly number[]) => new Map([[TPM_ALG.SHA256, indexes]]);

describe('reading the PCRs of a TPM 2.0', () => {
  it('requests the PCRs that did not fit into the response again', () => {
    const { result, sent } = answered(readPcrs('2.0', wanted(0, 7, 16)), pcrs(0, 7), pcrs(16));
    assert.equal(sent.length, 2);
    const values = result.get(TPM_ALG.SHA256);
    assert.deepEqual([...(values?.keys() ?? [])], [0, 7, 16]);
    assert.deepEqual(values?.get(16), digest(16));
  });

  it('ends when the TPM returns no more', () => {
    for (const nothing of [pcrs(), pcrs(0), errorResponse('2.0', TPM_RC.FAILURE), success(uint32(9), uint32(1))]) {
      const { result } = answered(readPcrs('2.0', wanted(0, 7)), pcrs(0), nothing);
      assert.deepEqual([...(result.get(TPM_ALG.SHA256)?.keys() ?? [])], [0]);
    }
  });

  it('omits a bank that the TPM does not have, and a truncated digest', () => {
    assert.equal(answered(readPcrs('2.0', wanted(0)), pcrs()).result.size, 0);
    const cut = pcrs(0, 1).slice(0, -1);
    const { result } = answered(readPcrs('2.0', wanted(0, 1)), cut, pcrs());
    assert.deepEqual([...(result.get(TPM_ALG.SHA256)?.keys() ?? [])], [0]);
  });
});

describe('reading the PCRs of a TPM 1.2', () => {
  it('reads each PCR of the only bank, SHA-1', () => {
    const both = new Map([
      [TPM_ALG.SHA256, [0]],
      [TPM_ALG.SHA1, [3, 4]],
    ]);
    const { result, sent } = answered(
      readPcrs('1.2', both),
      success(digest(3, 20)),
      errorResponse('1.2', TPM_RESULT.BADINDEX),
    );
    assert.deepEqual(
      sent.map((command) => readUint32(command, HEADER_BYTES)),
      [3, 4],
    );
    assert.deepEqual(result, new Map([[TPM_ALG.SHA1, new Map([[3, digest(3, 20)]])]]));
  });
});
