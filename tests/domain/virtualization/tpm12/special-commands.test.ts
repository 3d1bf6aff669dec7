import assert from 'node:assert/strict';
import { uint16 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { TPM_ORD, TPM_RESULT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 special commands', () => {
  it('refuses TPM_Startup and TPM_Init without asking the TPM', () => {
    const { tpm, code } = broker();
    tpm.received.length = 0;
    assert.equal(code(1, command.ordinal(TPM_ORD.Startup, uint16(1))), TPM_RESULT.INVALID_POSTINIT);
    assert.equal(code(1, command.ordinal(TPM_ORD.Init)), TPM_RESULT.BAD_ORDINAL);
    assert.deepEqual(tpm.received, []);
  });
});
