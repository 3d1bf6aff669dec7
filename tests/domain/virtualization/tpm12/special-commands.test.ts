import assert from 'node:assert/strict';
import { uint16 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, writeUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { ALICE, handleIn, handlesIn, listOf, modelBroker } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 special commands', () => {
  it('TPM_Startup, TPM_Init and the ChangeAuthAsym commands are refused without asking the TPM', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.Startup, uint16(1))), TPM_RESULT.INVALID_POSTINIT);
    for (const ordinal of ['Init', 'ChangeAuthAsymStart', 'ChangeAuthAsymFinish'] as const) {
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), TPM_RESULT.BAD_ORDINAL);
    }
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('TPM_FlushSpecific, TPM_EvictKey and TPM_Terminate_Handle flush keys and sessions of the context only', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const flushes: ((contextId: number) => [Uint8Array, Uint8Array])[] = [
      () => [command.loadKey2(1), command.flush(1, TPM_RT.KEY)],
      () => [command.oiap(), command.flush(1, TPM_RT.AUTH)],
      () => [command.transport(), command.flush(1, TPM_RT.TRANS)],
      () => [command.loadKey2(1), command.evictKey(1)],
      () => [command.oiap(), command.terminate(1)],
    ];
    for (const [index, flush] of flushes.entries()) {
      const [create, end] = flush(1);
      assert.equal(handleIn(await alice.send(create)), 1);
      const unknown = index === 0 || index === 3 ? TPM_RESULT.INVALID_KEYHANDLE : TPM_RESULT.INVALID_AUTHHANDLE;
      assert.equal(await bob.code(end), unknown);
      assert.equal(await alice.code(end), 0);
      assert.equal(await alice.code(end), unknown);
      assert.deepEqual(virtualizer.resources(), []);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [0, 0, 0]);
  });

  it('a flush with the wrong size or an unknown type is rejected', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    for (const ordinal of ['FlushSpecific', 'EvictKey', 'Terminate_Handle'] as const) {
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal], new Uint8Array(3))), TPM_RESULT.BAD_PARAM_SIZE);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal], new Uint8Array(12))), TPM_RESULT.BAD_PARAM_SIZE);
    }
    assert.equal(await alice.code(command.flush(1, 0x77)), TPM_RESULT.INVALID_RESOURCE);
    assert.equal(await alice.code(command.flush(1, TPM_RT.DAA_TPM)), TPM_RESULT.BAD_HANDLE);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('TPM_Reset ends all authorization sessions of the context, and nothing else', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    for (const create of [command.oiap(), command.oiap(), command.transport(), command.loadKey2(1)])
      handleIn(await alice.send(create));
    handleIn(await bob.send(command.oiap()));
    assert.equal(await alice.code(command.ordinal(TPM_ORD.Reset)), 0);
    assert.deepEqual(virtualizer.counts(alice.contextId), { transient: 1, loadedSessions: 1, savedSessions: 0 });
    assert.equal(virtualizer.counts(bob.contextId).loadedSessions, 1);
  });

  it('TPM_KeyControlOwner makes a key permanent for all contexts, and returns it', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    const control = async (stays: boolean) =>
      command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), stays);
    assert.equal(await alice.code(await control(true)), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    for (let number = 0; number < 4; number++) handleIn(await bob.send(command.loadKey2(number)));
    assert.ok(
      virtualizer
        .resources()
        .some(({ kind, contextId, resident }) => kind === 'key' && contextId === alice.contextId && resident),
    );
    assert.ok(handlesIn(await bob.send(listOf(TPM_RT.KEY))).includes(1), 'everybody sees it');
    assert.ok(
      !virtualizer.snapshot().ownedHandles.includes(TPM_RT.KEY * 2 ** 32 + 1),
      'it is not the broker’s to flush',
    );
    assert.equal(await alice.code(await control(false)), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
    await bob.close();
    assert.equal(tpm.keys.size, 0);
  });

  it('a permanent key stays in the TPM when its context closes', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    assert.equal(await alice.code(command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true)), 0);
    await alice.close();
    assert.equal(tpm.keys.size, 1);
  });

  it('a key that the owner has released, and no context holds, is managed by the broker again', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x99, { identity: 9 });
    const { alice } = await modelBroker({ tpm });
    assert.equal(await alice.code(command.keyControlOwner(0x99, handleIn(await alice.send(command.oiap())), false)), 0);
    await alice.close();
    assert.equal(tpm.keys.size, 0, 'it is the context’s now');
  });

  it('TPM_KeyControlOwner changes nothing if it fails or sets another bit', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    tpm.refuses('KeyControlOwner', TPM_RESULT.AUTHFAIL);
    assert.equal(
      await alice.code(command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.AUTHFAIL,
    );
    const other = command.keyControlOwner(key, handleIn(await alice.send(command.oiap())), true);
    writeUint32(other, other.length - 45 - 5, 2);
    assert.equal(await alice.code(other), 0);
    assert.equal(await alice.code(command.flush(key, TPM_RT.KEY)), 0);
  });

  it('the SHA-1 thread belongs to the context that started it', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const { SHA1Start, SHA1Update, SHA1Complete, SHA1CompleteExtend } = TPM_ORD;
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    tpm.takeLog();
    for (const ordinal of [SHA1Update, SHA1Complete, SHA1CompleteExtend]) {
      assert.equal(await bob.code(command.ordinal(ordinal)), TPM_RESULT.SHA_THREAD);
    }
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), 0);
    assert.equal(await alice.code(command.ordinal(SHA1Complete)), 0);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    await alice.close();
    virtualizer.openContext(1, ALICE);
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
    assert.equal(await alice.code(command.ordinal(SHA1Start)), 0);
    virtualizer.tpmWasReset();
    assert.equal(await alice.code(command.ordinal(SHA1Update)), TPM_RESULT.SHA_THREAD);
  });

  it('DAA sessions belong to the context that started them, until their last stage', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.DAA_JOIN, new Uint8Array(4))), TPM_RESULT.BAD_PARAM_SIZE);
    const handle = readUint32(await alice.send(command.daa('DAA_JOIN', 0, 0)), 14);
    tpm.takeLog();
    assert.equal(await bob.code(command.daa('DAA_JOIN', handle, 1)), TPM_RESULT.BAD_HANDLE);
    assert.equal(await bob.code(command.daa('DAA_SIGN', handle, 1)), TPM_RESULT.BAD_HANDLE);
    assert.equal(await bob.code(command.flush(handle, TPM_RT.DAA_TPM)), TPM_RESULT.BAD_HANDLE);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 1)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ kind, virtualHandle, contextId }) => [kind, virtualHandle, contextId]),
      [['authSession', handle, 1]],
    );
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 24)), 0);
    assert.deepEqual(virtualizer.resources(), []);
  });

  it('a DAA session is flushed with its context, by its handle, and when an administrator removes it', async () => {
    const { tpm, broker, virtualizer, alice } = await modelBroker();
    const begin = async () => readUint32(await alice.send(command.daa('DAA_SIGN', 0, 0)), 14);
    assert.equal(await alice.code(command.flush(await begin(), TPM_RT.DAA_TPM)), 0);
    await begin();
    const [session] = virtualizer.resources();
    assert.equal(await broker.run(() => virtualizer.removeResource(session?.id ?? '')), true);
    await begin();
    await alice.close();
    assert.deepEqual([tpm.daaSessions.size, virtualizer.resources().length], [0, 0]);
  });

  it('DAA sessions that a TPM does not list are kept, but not one that it did not start', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    tpm.listsHandles = false;
    const handle = readUint32(await alice.send(command.daa('DAA_JOIN', 0, 0)), 14);
    assert.equal(await alice.code(command.daa('DAA_JOIN', handle, 1)), 0);
    tpm.refuses('DAA_JOIN', TPM_RESULT.RESOURCES);
    assert.equal(await alice.code(command.daa('DAA_JOIN', 0, 0)), TPM_RESULT.RESOURCES);
    assert.equal(virtualizer.resources().length, 1);
  });

  it('a clear by the owner or by physical presence clears everything', async () => {
    for (const ordinal of ['OwnerClear', 'ForceClear', 'RevokeTrust'] as const) {
      const { tpm, virtualizer, alice, bob } = await modelBroker();
      for (const create of [command.oiap(), command.loadKey2(1), command.transport()]) handleIn(await bob.send(create));
      assert.equal(await bob.code(command.saveContext(handleIn(await bob.send(command.oiap())), TPM_RT.AUTH)), 0);
      tpm.refuses(ordinal, TPM_RESULT.DISABLED_CMD);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), TPM_RESULT.DISABLED_CMD);
      assert.equal(virtualizer.resources().length, 4);
      assert.equal(await alice.code(command.ordinal(TPM_ORD[ordinal])), 0);
      assert.deepEqual(virtualizer.resources(), []);
    }
  });

  it('a session is unknown even if an unmanaged key has its handle', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x1234, { identity: 99 });
    const { alice } = await modelBroker({ tpm });
    assert.equal(await alice.code(command.flush(0x1234, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(await alice.code(command.flush(0x1234, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    assert.equal(await alice.code(command.flush(0x1235, TPM_RT.KEY)), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('a key that no context holds stays with nobody when its owner makes it permanent', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x99, { identity: 9 });
    const { virtualizer, alice } = await modelBroker({ tpm });
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.keyControlOwner(0x99, session, true)), 0);
    assert.equal(virtualizer.counts(alice.contextId).transient, 0);
    await alice.close();
    assert.ok(tpm.keys.has(0x99));
  });

  it('TPM_DAA_Join may be as short as its handle and stage', async () => {
    const { tpm, alice } = await modelBroker();
    tpm.takeLog();
    tpm.refuses('DAA_JOIN', TPM_RESULT.DAA_STAGE);
    assert.equal(await alice.code(command.ordinal(TPM_ORD.DAA_JOIN, new Uint8Array(5))), TPM_RESULT.DAA_STAGE);
    assert.equal(tpm.takeLog()[0], 'DAA_JOIN');
  });
});
