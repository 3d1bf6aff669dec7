import assert from 'node:assert/strict';
import { concat, sized, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, handlesIn, listOf, numberIn, property } from '../../../support/virtual-tpm12.js';

describe('TPM_GetCapability of a context', () => {
  it('lists only the context’s own handles, and its remaining room', () => {
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

  it('shows a user’s saved sessions by context count, which only that user can flush', () => {
    const { made, send, code, tpm } = broker();
    assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    const [count] = handlesIn(send(3, listOf(TPM_RT.CONTEXT)));
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.CONTEXT))), []);
    assert.equal(code(2, command.flush(count as number, TPM_RT.CONTEXT)), TPM_RESULT.BAD_PARAMETER);
    assert.equal(code(3, command.flush(count as number, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, 0);
  });

  it('lists unmanaged keys, which everybody can use and nobody can flush', () => {
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

  it('reports how many of each kind the user may still hold, and may hold at most', () => {
    const { made, send, code } = broker({ keysPerUser: 10, sessionsPerUser: 9 });
    made(3, command.loadKey2(1));
    made(1, command.oiap());
    assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    const told = (number: number) => numberIn(send(1, property(number)));
    assert.equal(told(TPM_CAP_PROP.KEYS), 9);
    for (const left of ['AUTHSESS', 'TRANSESS', 'SESSIONS', 'CONTEXT'] as const)
      assert.equal(told(TPM_CAP_PROP[left]), 7);
    assert.equal(told(TPM_CAP_PROP.MAX_KEYS), 10);
    for (const most of ['MAX_AUTHSESS', 'MAX_TRANSESS', 'MAX_SESSIONS', 'MAX_CONTEXT'] as const) {
      assert.equal(told(TPM_CAP_PROP[most]), 9);
    }
    assert.equal(numberIn(send(2, property(TPM_CAP_PROP.KEYS))), 10, 'another user');
  });

  it('returns the TPM’s response for everything else, and for a malformed question', () => {
    const { tpm, send } = broker();
    const others = [
      property(TPM_CAP_PROP.OWNER),
      listOf(0x77),
      command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.VERSION), uint32(0))),
      command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.HANDLE), uint32(5), uint32(TPM_RT.KEY))),
      command.ordinal(TPM_ORD.GetCapability, uint32(TPM_CAP.HANDLE)),
    ];
    for (const bytes of others) {
      tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
      assert.deepEqual(send(1, bytes), refusal(TPM_RESULT.BAD_MODE));
    }
  });

  it('lists keys by TPM_CAP_KEY_HANDLE too, and passes on the refusal of a TPM that does not list them', () => {
    const { tpm, made, send, code } = broker();
    const key = made(1, command.loadKey2(1));
    const byArea = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.KEY_HANDLE), uint32(0)));
    assert.deepEqual(handlesIn(send(1, byArea)), [key]);
    assert.deepEqual(handlesIn(send(2, byArea)), []);
    tpm.listsHandles = false;
    assert.equal(code(1, byArea), TPM_RESULT.BAD_MODE);
  });

  it('lists only the context’s own DAA sessions', () => {
    const { send } = broker();
    const created = readUint32(send(1, command.daa('DAA_JOIN', 0, 0)), 14);
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.DAA_TPM))), [created]);
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.DAA_TPM))), []);
  });

  it('says that a key can be loaded if the broker can make room and the quota allows it', () => {
    const question = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.CHECK_LOADED), sized(uint32(1))));
    const { made, send, code, tpm } = broker({ keysPerUser: 4 });
    const says = (contextId: number) => send(contextId, question)[14];
    assert.equal(says(1), 1, 'the TPM has room');
    for (let number = 0; number < 3; number++) made(1, command.loadKey2(number));
    assert.equal(says(1), 1, 'the broker makes some');
    made(1, command.loadKey2(4));
    assert.equal(says(1), 0, 'the quota is exhausted');
    assert.equal(says(2), 1, 'not for another user');
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(code(2, question), TPM_RESULT.BAD_MODE);
    const full = broker({}, new ModelTpm12({ keys: 0, sessions: 3, savedSessions: 16 }));
    assert.equal(full.send(1, question)[14], 0, 'there is nothing to evict');
  });
});
