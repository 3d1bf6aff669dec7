import assert from 'node:assert/strict';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, handlesIn, listOf } from '../../../support/virtual-tpm12.js';

describe('reconciling with a TPM 1.2', () => {
  it('asks the TPM which sessions remain after a delegation command', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(3));
    made(1, command.osap(key));
    const free = made(1, command.oiap());
    assert.equal(code(2, command.ordinal(TPM_ORD.Delegate_Manage, new Uint8Array(12))), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
    assert.equal(code(1, command.sign(key, free, true)), 0);
  });

  it('asks the TPM what it still has after a failed transfer', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    const exchange = virtualizer.execute(1, command.sign(key, session, true));
    tpm.answer(exchange.next().value as Uint8Array);
    tpm.authSessions.clear();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('reports clearly what a TPM reset has destroyed, and continues', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    tpm.keys.clear();
    tpm.authSessions.clear();
    virtualizer.tpmWasReset();
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), made(1, command.oiap()), true)), 0);
  });

  it('keeps a lost key if it was saved, and forgets what cannot be loaded again', () => {
    const { virtualizer, tpm, made, code } = broker();
    const saved = made(1, command.loadKey2(1));
    assert.equal(code(1, command.saveContext(saved, TPM_RT.KEY)), 0);
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(number));
    assert.equal(
      code(1, command.sign(saved, made(1, command.oiap()), true)),
      0,
      'evicted once, so that its blob is known',
    );
    const unsaved = made(1, command.loadKey2(2));
    const exchange = virtualizer.execute(1, command.oiap());
    exchange.next();
    tpm.keys.clear();
    tpm.authSessions.clear();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.equal(code(1, command.sign(saved, made(1, command.oiap()), true)), 0);
    assert.equal(code(1, command.sign(unsaved, made(1, command.oiap()), true)), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('trusts its table if the TPM lists no handles', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    tpm.listsHandles = false;
    const exchange = virtualizer.execute(1, command.oiap());
    exchange.next();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.equal(code(1, command.sign(key, session, true)), 0);
  });

  it('asks once, and not again before something has happened', () => {
    const { virtualizer, tpm, made, code } = broker();
    made(1, command.oiap());
    const exchange = virtualizer.execute(1, command.oiap());
    exchange.next();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    tpm.takeLog();
    assert.equal(code(1, command.ordinal(TPM_ORD.GetRandom)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability', 'GetRandom']);
    assert.equal(code(1, command.ordinal(TPM_ORD.GetRandom)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetRandom']);
  });

  it('asks which keys are unmanaged when a context lists them', () => {
    const tpm = new ModelTpm12();
    const { send, made, code } = broker({}, tpm);
    tpm.keys.set(0x44, { identity: 4 });
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))), [0x44]);
    tpm.keys.delete(0x44);
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))), []);
    assert.equal(code(1, command.sign(0x44, made(1, command.oiap()), true)), TPM_RESULT.INVALID_KEYHANDLE);
  });
});
