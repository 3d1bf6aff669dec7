import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { blobIn, handleIn, handlesIn, inTurn, listOf, modelBroker } from '../../../support/virtual-tpm12.js';

describe('the context gap of TPM 1.2', () => {
  it('keeps saved sessions valid through any number of context gaps, whether the broker or the caller holds the blob', async () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { alice, bob, aliceToo } = await modelBroker({ tpm });
    const bobKey = handleIn(await bob.send(command.loadKey2(9)));
    const bound = handleIn(await bob.send(command.osap(bobKey)));
    const blob = blobIn(await bob.send(command.saveContext(bound, TPM_RT.AUTH)));
    const idle = handleIn(await aliceToo.send(command.oiap()));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const rotating = await inTurn(4, async () => handleIn(await alice.send(command.oiap())));
    while (tpm.contextCount < 3 * 0xffff) {
      for (const session of rotating) assert.equal(await alice.code(command.sign(key, session, true)), 0);
    }
    assert.equal(
      await aliceToo.code(command.sign(handleIn(await aliceToo.send(command.loadKey2(2))), idle, true)),
      0,
      'the session that was not used',
    );
    const again = handleIn(await bob.send(command.loadContext(blob, bobKey)));
    assert.equal(await bob.code(command.sign(bobKey, again, true)), 0, 'the session that its caller saved');
    assert.notEqual(await bob.code(command.loadContext(blob, bobKey)), 0, 'it loads once');
  });

  it('flushes a session that was saved again by the context count that its caller knows', async () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { alice, bob } = await modelBroker({ tpm });
    const blob = blobIn(await bob.send(command.saveContext(handleIn(await bob.send(command.oiap())), TPM_RT.AUTH)));
    const count = readUint32(blob, 26);
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const rotating = await inTurn(4, async () => handleIn(await alice.send(command.oiap())));
    while (tpm.contextCount < 0xffff) {
      for (const session of rotating) assert.equal(await alice.code(command.sign(key, session, true)), 0);
    }
    assert.equal(tpm.savedSessions.has(count), false);
    assert.deepEqual(handlesIn(await bob.send(listOf(TPM_RT.CONTEXT))), [count]);
    const before = tpm.savedSessions.size;
    assert.equal(await bob.code(command.flush(count, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, before - 1);
  });

  it('flushes only the oldest saved session on a TPM that allows a smaller gap than it must', async () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 40 });
    const { virtualizer, alice, bob } = await modelBroker({ tpm });
    await bob.send(command.saveContext(handleIn(await bob.send(command.oiap())), TPM_RT.AUTH));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const rotating = await inTurn(5, async () => handleIn(await alice.send(command.oiap())));
    while (tpm.contextCount < 200) {
      for (const session of rotating) assert.equal(await alice.code(command.sign(key, session, true)), 0);
    }
    assert.equal(virtualizer.counts(bob.contextId).savedSessions, 0);
  });
});
