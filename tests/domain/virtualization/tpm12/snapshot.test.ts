import assert from 'node:assert/strict';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker, drive } from '../../../support/virtual-tpm12.js';

describe('resources of TPM 1.2 contexts', () => {
  it('removes one resource by its id, resident or saved', () => {
    const { virtualizer, tpm, made } = broker();
    for (let index = 0; index < 5; index++) made(1, command.loadKey2(index));
    for (let index = 0; index < 5; index++) made(1, command.oiap());
    for (const { id } of virtualizer.resources()) {
      assert.equal(drive(virtualizer.removeResource(id), tpm), true);
      assert.equal(drive(virtualizer.removeResource(id), tpm), false);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.savedSessions.size], [0, 0, 0]);
  });
});
