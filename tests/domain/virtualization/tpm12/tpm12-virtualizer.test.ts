import assert from 'node:assert/strict';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { blobIn, handleIn, modelBroker } from '../../../support/virtual-tpm12.js';

describe('the TPM 1.2 virtualizer', () => {
  it('refuses commands of contexts that are not open, and reports no handles to the filter', async () => {
    const { broker, virtualizer, alice } = await modelBroker();
    assert.equal(responseCodeOf(await broker.execute(99, command.oiap())), TPM_RESULT.RESOURCES);
    await alice.close();
    assert.equal(await alice.code(command.oiap()), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.handlesOf(command.oiap()), null);
  });

  it('flushes everything that a closed context holds, and nothing of others', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    for (const client of [alice, bob]) {
      for (const create of [command.loadKey2(client.contextId), command.oiap(), command.transport()])
        handleIn(await client.send(create));
    }
    handleIn(await alice.send(command.osap(1)));
    await alice.close();
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [1, 1, 1]);
    assert.ok(virtualizer.resources().every(({ contextId }) => contextId === bob.contextId));
  });

  it('forgets a context whose flushes fail, so that nobody can reach what it held', async () => {
    const { tpm, virtualizer, losing, alice } = await modelBroker();
    handleIn(await alice.send(command.loadKey2(1)));
    await losing('command', () => alice.close());
    assert.deepEqual(virtualizer.resources(), []);
    assert.equal(virtualizer.swapNeed(alice.contextId, command.oiap()), 'none');
    assert.equal(tpm.keys.size, 1);
  });

  it('forgets everything after a TPM reset, including unmanaged keys', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x77, { identity: 7 });
    const { virtualizer, alice } = await modelBroker({ tpm });
    const blob = blobIn(await alice.send(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)));
    await alice.send(command.daa('DAA_JOIN', 0, 0));
    let changes = 0;
    virtualizer.onSnapshotChange = () => changes++;
    virtualizer.tpmWasReset();
    assert.ok(changes > 0);
    assert.deepEqual(virtualizer.snapshot(), { savedSessions: [], ownedHandles: [] });
    tpm.keys.clear();
    assert.equal(
      await alice.code(command.sign(0x77, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
    );
    assert.equal(await alice.code(command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT);
  });

  it('determines at start which keys are unmanaged', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x77, { identity: 7 });
    const { alice } = await modelBroker({ tpm });
    const session = handleIn(await alice.send(command.oiap()));
    tpm.takeLog();
    assert.equal(await alice.code(command.sign(0x77, session, true)), 0);
    assert.deepEqual(tpm.takeLog(), ['Sign'], 'without asking again');
  });

  it('closes a context once; closing it again has no effect', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    handleIn(await alice.send(command.loadKey2(1)));
    await alice.close();
    tpm.takeLog();
    await alice.close();
    assert.deepEqual([tpm.takeLog(), virtualizer.resources()], [[], []]);
  });

  it('has nothing to reconcile after a TPM reset', async () => {
    const { tpm, virtualizer, losing, alice } = await modelBroker();
    await losing('command', () => alice.send(command.oiap()));
    virtualizer.tpmWasReset();
    tpm.takeLog();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.GetRandom)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetRandom']);
  });
});
