import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP_PROP, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, handlesIn, listOf, property } from '../../../support/virtual-tpm12.js';

describe('TPM_GetCapability of a context', () => {
  it('lists a context its own handles only, and what is left for it', () => {
    const { made, send } = broker({ keysPerUser: 10, sessionsPerUser: 9 });
    const keys = Array.from({ length: 5 }, (_, index) => made(1, command.loadKey2(index)));
    const sessions = Array.from({ length: 4 }, () => made(1, command.oiap()));
    made(2, command.loadKey2(1));
    const transport = made(2, command.transport());
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))).sort(), [...keys].sort());
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.AUTH))).sort(), [...sessions].sort());
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.TRANS))), [transport]);
    assert.deepEqual(handlesIn(send(3, listOf(TPM_RT.KEY))), []);
    assert.equal(readUint32(send(1, property(TPM_CAP_PROP.KEYS)), 14), 5);
    assert.equal(readUint32(send(1, property(TPM_CAP_PROP.AUTHSESS)), 14), 5);
  });

  it('shows a user’s saved sessions by context count, and lets that user alone flush them', () => {
    const { made, send, code, tpm } = broker();
    assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    const [count] = handlesIn(send(3, listOf(TPM_RT.CONTEXT)));
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.CONTEXT))), []);
    assert.equal(code(2, command.flush(count as number, TPM_RT.CONTEXT)), TPM_RESULT.BAD_PARAMETER);
    assert.equal(code(3, command.flush(count as number, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, 0);
  });

  it('lists keys that others than the broker loaded; everybody can use them and nobody flush them', () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x1234, { identity: 99 });
    const { made, send, code, close } = broker({}, tpm);
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))), [0x1234]);
    const response = send(1, command.sign(0x1234, made(1, command.oiap()), false));
    assert.equal(readUint32(response, 10), 99);
    assert.equal(code(1, command.flush(0x1234, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    for (const contextId of [1, 2, 3]) close(contextId);
    assert.deepEqual([...tpm.keys.keys()], [0x1234]);
  });
});
