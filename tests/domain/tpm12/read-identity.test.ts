import assert from 'node:assert/strict';
import { nodeCrypto12 } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { NO_KEY } from '../../../ts-core/domain/tpm/tpm-identity.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { readIdentityMarks } from '../../../ts-core/domain/tpm12/read-identity.js';
import { answered } from '../../support/answered-exchange.js';

function marksOf(readPubek: number) {
  const answers = [TPM_RESULT.BADINDEX, readPubek].map((code) => errorResponse('1.2', code));
  return answered(readIdentityMarks(nodeCrypto12), ...answers).result;
}

describe('the marks of a TPM 1.2', () => {
  it('say that it has no endorsement key yet', () => {
    assert.deepEqual(
      marksOf(TPM_RESULT.NO_ENDORSEMENT).map(({ kind }) => kind),
      [NO_KEY],
    );
  });

  it('are none where the TPM shows its key to its owner alone', () => {
    assert.deepEqual(marksOf(TPM_RESULT.DISABLED_CMD), []);
  });
});
