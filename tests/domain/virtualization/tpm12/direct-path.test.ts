import assert from 'node:assert/strict';
import { TPM_ORD, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('the direct path of TPM 1.2', () => {
  it('sends nothing but the command for what is resident', () => {
    const { tpm, made, code } = broker();
    const key = made(1, command.loadKey2(7));
    const session = made(1, command.oiap());
    tpm.received.length = 0;
    assert.equal(code(1, command.sign(key, session, true)), 0);
    assert.deepEqual(tpm.received, [TPM_ORD.Sign]);
  });

  it('knows, without asking the TPM, whether a command needs a swap', () => {
    const { virtualizer, tpm, made } = broker();
    const keys = Array.from({ length: 4 }, (_, index) => made(1, command.loadKey2(index)));
    const [away, , , resident] = keys as [number, number, number, number];
    const session = made(1, command.oiap());
    tpm.received.length = 0;
    const need = (contextId: number, bytes: Uint8Array) => virtualizer.swapNeed(contextId, bytes);
    assert.equal(need(1, command.sign(away, session, true)), 'swap');
    assert.equal(need(1, command.sign(resident, session, true)), 'resident');
    assert.equal(need(3, command.sign(resident, session, true)), 'none', 'another context’s');
    assert.equal(need(99, command.oiap()), 'none', 'no such context');
    assert.equal(need(1, command.oiap()), 'none');
    assert.equal(need(1, command.flush(resident, TPM_RT.KEY)), 'resident', 'frees a slot');
    assert.equal(need(1, command.flush(away, TPM_RT.KEY)), 'none');
    assert.deepEqual(tpm.received, []);
  });
});
