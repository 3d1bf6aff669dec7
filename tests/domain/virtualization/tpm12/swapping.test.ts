import assert from 'node:assert/strict';
import { TPM_ORD } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('swapping of TPM 1.2 keys and sessions', () => {
  it('saves a key once, however often it leaves the TPM', () => {
    const { tpm, made, code } = broker();
    const keys = Array.from({ length: 4 }, (_, index) => made(1, command.loadKey2(index)));
    for (let round = 0; round < 3; round++) {
      for (const key of keys) assert.equal(code(1, command.sign(key, made(1, command.oiap()), false)), 0);
    }
    const saves = tpm.received.filter((ordinal) => ordinal === TPM_ORD.SaveContext);
    assert.equal(saves.length, 4);
  });

  it('evicts the least recently used key first', () => {
    const { virtualizer, made, code } = broker();
    const keys = Array.from({ length: 3 }, (_, index) => made(1, command.loadKey2(index)));
    assert.equal(code(1, command.sign(keys[0] as number, made(1, command.oiap()), false)), 0);
    made(1, command.loadKey2(9));
    const away = virtualizer.resources().filter((resource) => resource.kind === 'key' && !resource.resident);
    assert.deepEqual(
      away.map((resource) => resource.virtualHandle),
      [keys[1]],
    );
  });
});
