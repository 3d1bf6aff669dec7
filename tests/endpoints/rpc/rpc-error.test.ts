import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { toRpcError } from '../../../ts-core/endpoints/rpc/rpc-error.js';

describe('an error of the JSON-RPC endpoint', () => {
  it('has the result as a signed number, and also the symbol and what to do', () => {
    const error = new TbsError('TPM_20_E_LOCKOUT', { message: 'Locked.', action: 'Wait.', details: { failures: 4 } });
    assert.deepEqual(toRpcError(error), {
      code: 0x80280921 - 2 ** 32,
      message: 'Locked.',
      data: { symbol: 'TPM_20_E_LOCKOUT', resultCode: 0x80280921, action: 'Wait.', details: { failures: 4 } },
    });
  });

  it('reveals nothing about an unexpected error', () => {
    const { message, data } = toRpcError(new Error('a secret'));
    assert.equal(data.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.ok(!JSON.stringify([message, data]).includes('secret'));
  });
});
