import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('the TPM 1.2 virtualizer', () => {
  it('refuses commands of contexts that are not open, and reports no handles to the filter', () => {
    const { code, close, virtualizer } = broker();
    assert.equal(code(99, command.oiap()), TPM_RESULT.RESOURCES);
    close(1);
    assert.equal(code(1, command.oiap()), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.handlesOf(command.oiap()), null);
  });

  it('flushes everything that a closed context holds, and nothing of others', () => {
    const { made, close, tpm, virtualizer } = broker();
    for (const contextId of [1, 2]) {
      for (const create of [command.loadKey2(contextId), command.oiap(), command.transport()]) made(contextId, create);
    }
    made(1, command.osap(1));
    close(1);
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [1, 1, 1]);
    assert.ok(virtualizer.resources().every(({ contextId }) => contextId === 2));
  });

  it('forgets a context whose flushes fail, so that nobody can reach what it held', () => {
    const { made, virtualizer, tpm } = broker();
    made(1, command.loadKey2(1));
    const exchange = virtualizer.closeContext(1);
    assert.ok(exchange.next().value);
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.deepEqual(virtualizer.resources(), []);
    assert.equal(virtualizer.swapNeed(1, command.oiap()), 'none');
    assert.equal(tpm.keys.size, 1);
  });

  it('forgets everything after a TPM reset, including unmanaged keys', () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x77, { identity: 7 });
    const { made, code, send, virtualizer } = broker({}, tpm);
    const blob = send(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)).slice(14);
    send(1, command.daa('DAA_JOIN', 0, 0));
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    virtualizer.tpmWasReset();
    assert.ok(changes > 0);
    assert.deepEqual(virtualizer.snapshot(), { savedSessions: [], ownedHandles: [] });
    tpm.keys.clear();
    assert.equal(code(1, command.sign(0x77, made(1, command.oiap()), true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT);
  });

  it('determines at start which keys are unmanaged', () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x77, { identity: 7 });
    const { virtualizer, made } = broker({}, tpm);
    tpm.takeLog();
    const session = made(1, command.oiap());
    tpm.takeLog();
    const exchange = virtualizer.execute(1, command.sign(0x77, session, true));
    assert.equal(readUint32(exchange.next().value as Uint8Array, 6), TPM_ORD.Sign, 'without asking again');
  });
});
