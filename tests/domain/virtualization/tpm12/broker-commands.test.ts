import assert from 'node:assert/strict';
import { TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import {
  listHandles,
  readRoom,
  readSessionCapacity,
} from '../../../../ts-core/domain/virtualization/tpm12/broker-commands.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { inTurn, modelBroker } from '../../../support/virtual-tpm12.js';

const KINDS = ['key', 'authSession', 'transportSession'] as const;

describe('the virtualizer’s own commands to a TPM 1.2', () => {
  it('list the handles of a type, or nothing if the TPM does not list them', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(3, { identity: 1 });
    const { broker } = await modelBroker({ tpm });
    assert.deepEqual(await broker.run(() => listHandles(TPM_RT.KEY)), [3]);
    assert.deepEqual(await broker.run(() => listHandles(TPM_RT.AUTH)), []);
    tpm.listsHandles = false;
    assert.equal(await broker.run(() => listHandles(TPM_RT.KEY)), undefined);
  });

  it('read the room for keys and for each kind of session', async () => {
    const tpm = new ModelTpm12({ keys: 4, sessions: 3, savedSessions: 16 });
    const { broker } = await modelBroker({ tpm });
    tpm.answer(command.loadKey2(1));
    tpm.answer(command.oiap());
    tpm.answer(command.oiap());
    const rooms = await inTurn(3, (index) => broker.run(() => readRoom(KINDS[index] as (typeof KINDS)[number])));
    assert.deepEqual(rooms, [3, 1, 3]);
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(await broker.run(() => readRoom('key')), undefined);
  });

  it('count the sessions that the TPM holds, loaded and saved', async () => {
    const { tpm, broker } = await modelBroker();
    assert.equal(await broker.run(readSessionCapacity), 19);
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE, 2);
    assert.equal(await broker.run(readSessionCapacity), 0);
  });
});
