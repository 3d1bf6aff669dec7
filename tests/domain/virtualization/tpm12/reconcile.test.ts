import assert from 'node:assert/strict';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { handleIn, handlesIn, listOf, modelBroker } from '../../../support/virtual-tpm12.js';

describe('reconciling with a TPM 1.2', () => {
  it('asks the TPM which sessions remain after a delegation command', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(3)));
    handleIn(await alice.send(command.osap(key)));
    const free = handleIn(await alice.send(command.oiap()));
    const delegation = command.ordinal(TPM_ORD.Delegate_Manage, new Uint8Array(12));
    assert.equal(responseCodeOf(await bob.exchange(delegation)), 0);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
    assert.equal(await alice.code(command.sign(key, free, true)), 0);
    const bound = handleIn(await alice.send(command.osap(key)));
    assert.equal(await bob.code(delegation), 0, 'on the direct path');
    assert.equal(await alice.code(command.sign(key, bound, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 1);
  });

  it('asks the TPM what it still has after a failed transfer', async () => {
    const { tpm, virtualizer, losing, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(3)));
    const session = handleIn(await alice.send(command.oiap()));
    await losing('response', () => alice.send(command.sign(key, session, true)));
    tpm.authSessions.clear();
    assert.equal(await alice.code(command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 0);
  });

  it('reports clearly what a TPM reset has destroyed, and continues', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(3)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.reset();
    assert.equal(await alice.code(command.sign(key, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(
      await alice.code(
        command.sign(handleIn(await alice.send(command.loadKey2(3))), handleIn(await alice.send(command.oiap())), true),
      ),
      0,
    );
  });

  it('keeps a lost key if it was saved, and forgets what cannot be loaded again', async () => {
    const { tpm, losing, alice, bob } = await modelBroker();
    const saved = handleIn(await alice.send(command.loadKey2(1)));
    assert.equal(await alice.code(command.saveContext(saved, TPM_RT.KEY)), 0);
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(number)));
    assert.equal(
      await alice.code(command.sign(saved, handleIn(await alice.send(command.oiap())), true)),
      0,
      'evicted once, so that its blob is known',
    );
    const unsaved = handleIn(await alice.send(command.loadKey2(2)));
    await losing('command', () => alice.send(command.oiap()));
    tpm.keys.clear();
    tpm.authSessions.clear();
    assert.equal(await alice.code(command.sign(saved, handleIn(await alice.send(command.oiap())), true)), 0);
    assert.equal(
      await alice.code(command.sign(unsaved, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
    );
  });

  it('trusts its table if the TPM lists no handles', async () => {
    const { tpm, losing, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.listsHandles = false;
    await losing('command', () => alice.send(command.oiap()));
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
  });

  it('asks once, and not again before something has happened', async () => {
    const { tpm, losing, alice } = await modelBroker();
    handleIn(await alice.send(command.oiap()));
    await losing('command', () => alice.send(command.oiap()));
    tpm.takeLog();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.GetRandom)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability', 'GetRandom']);
    assert.equal(await alice.code(command.ordinal(TPM_ORD.GetRandom)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetRandom']);
  });

  it('asks which keys are unmanaged when a context lists them', async () => {
    const tpm = new ModelTpm12();
    const { alice } = await modelBroker({ tpm });
    tpm.keys.set(0x44, { identity: 4 });
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.KEY))), [0x44]);
    tpm.keys.delete(0x44);
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.KEY))), []);
    assert.equal(
      await alice.code(command.sign(0x44, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
    );
  });

  it('forgets at once a key that the TPM has lost and no blob can bring back', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    tpm.keys.clear();
    await broker.run(() => virtualizer.resume());
    assert.equal(virtualizer.counts(alice.contextId).transient, 0);
    const saved = handleIn(await alice.send(command.loadKey2(2)));
    await broker.run(() => virtualizer.suspend());
    assert.equal(await alice.code(command.getPubKey(saved)), 0);
    tpm.keys.clear();
    await broker.run(() => virtualizer.resume());
    assert.equal(virtualizer.counts(alice.contextId).transient, 1, `unlike key ${key}, it has a blob`);
  });

  it('forgets a permanent key that is no longer in the TPM, since its owner has released it', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    const owners = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.keyControlOwner(key, owners, true)), 0);
    tpm.keys.clear();
    await broker.run(() => virtualizer.resume());
    assert.equal(virtualizer.counts(alice.contextId).transient, 0);
  });

  it('leaves the unmanaged keys as they were if the TPM lists no handles', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x44, { identity: 4 });
    const { alice } = await modelBroker({ tpm });
    tpm.listsHandles = false;
    const session = async () => handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.sign(0x55, await session(), true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(await alice.code(command.sign(0x44, await session(), true)), 0);
  });
});
