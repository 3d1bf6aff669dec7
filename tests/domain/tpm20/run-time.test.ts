import assert from 'node:assert/strict';
import { uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { readRunTime } from '../../../ts-core/domain/tpm20/run-time.js';
import { answered, success } from '../../support/answered-exchange.js';

describe('the run time of a TPM', () => {
  const words = [1, 5, 0, 9, 3, 2].map(uint32);

  it('is its time since the reset, and identifies that reset and restart', () => {
    const { result } = answered(readRunTime(), success(...words));
    assert.deepEqual(result, { timeMs: 2 ** 32 + 5, resetCount: 3, restartCount: 2 });
  });

  it('is unknown if the TPM does not report it, or reports it incompletely', () => {
    assert.equal(answered(readRunTime(), errorResponse('2.0', TPM_RC.FAILURE)).result, undefined);
    assert.equal(answered(readRunTime(), success(...words.slice(0, 5))).result, undefined);
  });
});
