import assert from 'node:assert/strict';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('handles of TPM 1.2 contexts', () => {
  it('gives each context handles of its own, distinct within the context', () => {
    const { made } = broker();
    const alice = Array.from({ length: 8 }, (_, index) => made(1, command.loadKey2(index)));
    const bob = Array.from({ length: 8 }, (_, index) => made(2, command.loadKey2(index)));
    assert.equal(new Set(alice).size, 8);
    assert.equal(new Set(bob).size, 8);
  });

  it('keeps the TPM’s own handle where it is free in the context', () => {
    const { made } = broker();
    assert.equal(made(1, command.loadKey2(7)), 1);
    assert.equal(made(1, command.oiap()), 1);
  });
});
