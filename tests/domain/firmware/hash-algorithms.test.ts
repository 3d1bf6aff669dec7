import assert from 'node:assert/strict';
import { HASH_ALGORITHMS, hashAlgorithm, hashAlgorithmName } from '../../../ts-core/domain/firmware/hash-algorithms.js';
import { TPM_ALG } from '../../../ts-core/domain/tpm20/codes.js';

describe('the hash algorithms of PCR banks', () => {
  it('are identified by their number', () => {
    assert.deepEqual(hashAlgorithm(TPM_ALG.SHA384), { id: TPM_ALG.SHA384, name: 'sha384', digestBytes: 48 });
    assert.equal(hashAlgorithm(0x1234), undefined);
    assert.equal(hashAlgorithmName(TPM_ALG.SM3_256), 'sm3_256');
    assert.equal(hashAlgorithmName(0x99), '0x0099');
  });

  it('have digests of the size that their name says', () => {
    for (const { name, digestBytes } of HASH_ALGORITHMS) {
      const bits = /(\d{3})$/.exec(name)?.[1];
      assert.equal(digestBytes, name === 'sha1' ? 20 : Number(bits) / 8, name);
    }
  });
});
