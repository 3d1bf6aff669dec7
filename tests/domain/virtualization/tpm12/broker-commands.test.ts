import assert from 'node:assert/strict';
import { TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import {
  listHandles,
  readRoom,
  readSessionCapacity,
} from '../../../../ts-core/domain/virtualization/tpm12/broker-commands.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { drive } from '../../../support/virtual-tpm12.js';

describe('the virtualizer’s own commands to a TPM 1.2', () => {
  it('list the handles of a type, or nothing if the TPM does not list them', () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(3, { identity: 1 });
    assert.deepEqual(drive(listHandles(TPM_RT.KEY), tpm), [3]);
    assert.deepEqual(drive(listHandles(TPM_RT.AUTH), tpm), []);
    tpm.listsHandles = false;
    assert.equal(drive(listHandles(TPM_RT.KEY), tpm), undefined);
  });

  it('read the room for keys and for each kind of session', () => {
    const tpm = new ModelTpm12({ keys: 4, sessions: 3, savedSessions: 16 });
    tpm.answer(command.loadKey2(1));
    tpm.answer(command.oiap());
    tpm.answer(command.oiap());
    const rooms = (['key', 'authSession', 'transportSession'] as const).map((kind) => drive(readRoom(kind), tpm));
    assert.deepEqual(rooms, [3, 1, 3]);
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(drive(readRoom('key'), tpm), undefined);
  });

  it('count the sessions that the TPM holds, loaded and saved', () => {
    assert.equal(drive(readSessionCapacity(), new ModelTpm12()), 19);
    const silent = new ModelTpm12();
    silent.refuses('GetCapability', TPM_RESULT.BAD_MODE, 2);
    assert.equal(drive(readSessionCapacity(), silent), 0);
  });
});
