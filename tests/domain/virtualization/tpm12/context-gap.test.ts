import assert from 'node:assert/strict';
import { sized, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
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

  /** How far apart the oldest and the newest saved session may be before the oldest is saved again. */
  const HALF_OF_LEAST_DISTANCE = 0x7fff;

  /** Returns a broker whose TPM counts `contextStep` for each session that it saves. */
  async function withStep(contextStep: number) {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextStep });
    const all = await modelBroker({ tpm });
    const evictAll = () => all.broker.run(() => all.virtualizer.suspend());
    /** Makes the TPM save another session, so that its count grows by a step. */
    const saveAnother = async () => {
      handleIn(await all.bob.send(command.oiap()));
      await evictAll();
      const { id } = all.virtualizer.resources(({ contextId }) => contextId === all.bob.contextId)[0] ?? { id: '' };
      assert.ok(await all.broker.run(() => all.virtualizer.removeResource(id)));
    };
    /** Sends a command that needs nothing, and returns what the broker sent besides. */
    const tidyUp = async () => {
      tpm.takeLog();
      assert.equal(responseCodeOf(await all.bob.exchange(command.ordinal(TPM_ORD.GetRandom))), 0);
      return tpm.takeLog().slice(1);
    };
    return { ...all, tpm, evictAll, saveAnother, tidyUp };
  }

  for (const [step, isSavedAgain] of [
    [HALF_OF_LEAST_DISTANCE - 1, false],
    [HALF_OF_LEAST_DISTANCE, true],
  ] as const) {
    it(`lets a session ${isSavedAgain ? 'be saved again' : 'stay saved'} at a distance of ${step}`, async () => {
      const evicted = await withStep(step);
      handleIn(await evicted.alice.send(command.oiap()));
      await evicted.evictAll();
      await evicted.saveAnother();
      await evicted.tidyUp();
      assert.equal(evicted.tpm.savedSessions.has(step), !isSavedAgain, 'one that the broker evicted');
      const saved = await withStep(step);
      const session = handleIn(await saved.alice.send(command.oiap()));
      assert.equal(await saved.alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
      await saved.saveAnother();
      await saved.tidyUp();
      assert.equal(saved.tpm.savedSessions.has(step), !isSavedAgain, 'one that its caller saved');
    });
  }

  it('refreshes one session for each command, the broker’s first', async () => {
    const { alice, evictAll, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
    handleIn(await alice.send(command.oiap()));
    await evictAll();
    await saveAnother();
    await saveAnother();
    for (let number = 0; number < 2; number++)
      assert.deepEqual(await tidyUp(), ['GetCapability', 'LoadContext', 'SaveContext']);
  });

  it('tries a session that cannot be loaded only once, whether the broker or the caller saved it', async () => {
    for (const bySender of [false, true]) {
      const { tpm, virtualizer, alice, evictAll, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
      const session = handleIn(await alice.send(command.oiap()));
      if (bySender) assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
      await evictAll();
      await saveAnother();
      tpm.refuses('LoadContext', TPM_RESULT.FAIL);
      assert.deepEqual(await tidyUp(), ['GetCapability', 'LoadContext']);
      assert.deepEqual(await tidyUp(), []);
      assert.equal(virtualizer.resources().filter(({ contextId }) => contextId !== 2).length, 1, 'it is kept');
    }
  });

  it('does not load a session without its key', async () => {
    const { tpm, alice, evictAll, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.osap(key)));
    const bound = blobIn(await alice.send(command.saveContext(session, TPM_RT.AUTH)));
    await evictAll();
    await saveAnother();
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.deepEqual(await tidyUp(), ['LoadContext'], 'of the key');
    assert.deepEqual(await tidyUp(), [], 'it is not tried again');
    assert.equal(await alice.code(command.loadContext(bound, key)), 0, 'but its caller may load it');
  });

  it('does not load a session for which there is no room', async () => {
    const { tpm, alice, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    const session = handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
    await saveAnother();
    tpm.responds('GetCapability', sized(uint32(0)));
    assert.deepEqual(await tidyUp(), ['GetCapability']);
    assert.deepEqual(await tidyUp(), ['GetCapability', 'LoadContext', 'SaveContext'], 'it is tried again');
  });

  it('loads the key of a session first, and names the entity of a session that has none', async () => {
    const { alice, evictAll, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.osap(key))))));
    await evictAll();
    await saveAnother();
    assert.deepEqual(await tidyUp(), ['LoadContext', 'GetCapability', 'LoadContext', 'SaveContext']);
    assert.equal(await alice.code(command.loadAuthContext(blob)), 0, 'with the new blob in place of the caller’s');
    const other = await withStep(HALF_OF_LEAST_DISTANCE);
    const session = handleIn(await other.alice.send(command.osap(TPM_KH.SRK, TPM_ET.SRK)));
    assert.equal(await other.alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
    await other.saveAnother();
    await other.tidyUp();
    assert.equal(readUint32(other.tpm.lastCommand('LoadContext'), 10), TPM_KH.SRK);
  });

  it('leaves a session bound to its key, whatever key has its handle in the context that loads the session', async () => {
    const { tpm, alice, aliceToo, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const blob = blobIn(await alice.send(command.saveAuthContext(handleIn(await alice.send(command.osap(key))))));
    await saveAnother();
    await tidyUp();
    const before = tpm.keys.size;
    const other = await aliceToo.send(command.loadKey2(2));
    assert.ok(before > 0 && handleIn(other) > 0);
    const loaded = handleIn(await aliceToo.send(command.loadAuthContext(blob)));
    assert.ok(tpm.authSessions.has(loaded));
  });

  it('removes a session that the TPM does not save again', async () => {
    for (const parameters of [new Uint8Array(), sized(new Uint8Array(20))]) {
      const { tpm, virtualizer, alice, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
      const session = handleIn(await alice.send(command.oiap()));
      assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), 0);
      await saveAnother();
      tpm.responds('SaveContext', parameters);
      let changes = 0;
      virtualizer.onSnapshotChange = () => changes++;
      await tidyUp();
      assert.deepEqual([virtualizer.counts(alice.contextId).savedSessions, tpm.authSessions.size], [0, 0]);
      assert.equal(changes, 1);
    }
  });

  it('leaves a session alone whose blob has no number', async () => {
    const { tpm, alice, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    tpm.responds('SaveAuthContext', sized(new Uint8Array(20)));
    await alice.send(command.saveAuthContext(handleIn(await alice.send(command.oiap()))));
    await saveAnother();
    await saveAnother();
    assert.deepEqual(await tidyUp(), []);
  });

  it('is that of a new TPM after a reset', async () => {
    const { tpm, virtualizer, alice, evictAll, saveAnother, tidyUp } = await withStep(HALF_OF_LEAST_DISTANCE);
    for (let number = 0; number < 4; number++) await saveAnother();
    tpm.reset();
    tpm.started = true;
    tpm.contextCount = 0;
    virtualizer.tpmWasReset();
    handleIn(await alice.send(command.oiap()));
    await evictAll();
    assert.deepEqual(await tidyUp(), []);
  });
});
