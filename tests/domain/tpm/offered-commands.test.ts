import assert from 'node:assert/strict';
import { uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { offersCommand12, offersCommand20 } from '../../../ts-core/domain/tpm/offered-commands.js';
import { TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CAP, TPM_CC, TPM_RC, TPMA_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { answered, success } from '../../support/answered-exchange.js';

const listed = (...attributes: readonly number[]) =>
  success(Uint8Array.of(0), uint32(TPM_CAP.COMMANDS), uint32(attributes.length), ...attributes.map(uint32));

describe('whether a TPM has a command', () => {
  it('is true for TPM 2.0 if the list that starts at its code begins with it', () => {
    const offers = (answer: Uint8Array) => answered(offersCommand20(TPM_CC.Sign), answer).result;
    assert.equal(offers(listed((1 << TPMA_CC.HANDLES_SHIFT) | TPM_CC.Sign)), true);
    assert.equal(offers(listed(TPM_CC.Quote)), false, 'the next one that exists');
    assert.equal(offers(listed()), false);
    assert.equal(offers(errorResponse('2.0', TPM_RC.VALUE)), false);
  });

  it('is true for TPM 1.2 if TPM_CAP_ORD returns 1', () => {
    const offers = (answer: Uint8Array) => answered(offersCommand12(TPM_ORD.Quote), answer).result;
    assert.equal(offers(success(uint32(1), Uint8Array.of(1))), true);
    assert.equal(offers(success(uint32(1), Uint8Array.of(0))), false);
    assert.equal(offers(errorResponse('1.2', TPM_RESULT.BAD_PARAMETER)), false);
  });
});
