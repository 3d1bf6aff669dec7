import assert from 'node:assert/strict';
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP_PROP, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { success } from '../../../../ts-core/domain/tpm12/responses.js';
import { VirtualContext } from '../../../../ts-core/domain/virtualization/tpm12/handles.js';
import { SavedSessionRoom } from '../../../../ts-core/domain/virtualization/tpm12/quotas.js';
import { SavedSessions, Sessions } from '../../../../ts-core/domain/virtualization/tpm12/sessions.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { ALICE, handleIn, inTurn, modelBroker, numberIn, property } from '../../../support/virtual-tpm12.js';

describe('quotas of TPM 1.2 keys and sessions', () => {
  it('refuse what exceeds the user’s quota with TPM_RESOURCES, over all of the user’s contexts', async () => {
    const { alice, bob, aliceToo } = await modelBroker({ limits: { keysPerUser: 4, sessionsPerUser: 5 } });
    for (let index = 0; index < 4; index++)
      handleIn(await (index % 2 === 0 ? alice : aliceToo).send(command.loadKey2(index)));
    assert.equal(await aliceToo.code(command.loadKey2(9)), TPM_RESULT.RESOURCES);
    for (let index = 0; index < 5; index++) handleIn(await alice.send(command.oiap()));
    assert.equal(await aliceToo.code(command.oiap()), TPM_RESULT.RESOURCES);
    assert.equal(await aliceToo.code(command.transport()), TPM_RESULT.RESOURCES);
    assert.equal(await bob.code(command.loadKey2(9)), 0);
    assert.equal(await bob.code(command.oiap()), 0);
  });

  it('include the sessions that a user saved', async () => {
    const { alice } = await modelBroker({ limits: { sessionsPerUser: 4 } });
    for (let index = 0; index < 4; index++)
      assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    assert.equal(await alice.code(command.oiap()), TPM_RESULT.RESOURCES);
  });

  it('flush a session of the user who holds the most if the TPM has no free slot', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker({ limits: { sessionsPerUser: 19 } });
    const kept = handleIn(await bob.send(command.oiap()));
    for (let index = 0; index < 18; index++) handleIn(await alice.send(command.oiap()));
    const more = await inTurn(6, async () => handleIn(await bob.send(command.oiap())));
    const key = handleIn(await bob.send(command.loadKey2(5)));
    for (const session of [kept, ...more]) assert.equal(await bob.code(command.sign(key, session, true)), 0);
    // 25 sessions, of which 3 are loaded and 16 saved; a swap needs one free slot meanwhile.
    assert.equal(virtualizer.counts(alice.contextId).loadedSessions, 11);
    assert.ok(tpm.savedSessions.size <= 16);
  });

  it('flush a hoarder’s abandoned saved sessions before those in use', async () => {
    const { alice, bob } = await modelBroker({ limits: { sessionsPerUser: 19 } });
    for (let index = 0; index < 14; index++) {
      assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    }
    const used = await inTurn(5, async () => handleIn(await alice.send(command.oiap())));
    const more = await inTurn(4, async () => handleIn(await bob.send(command.oiap())));
    const key = handleIn(await alice.send(command.loadKey2(1)));
    for (const session of used) assert.equal(await alice.code(command.sign(key, session, true)), 0);
    const bobKey = handleIn(await bob.send(command.loadKey2(1)));
    for (const session of more) assert.equal(await bob.code(command.sign(bobKey, session, true)), 0);
  });

  it('depend on the TPM’s room, between 8 and 64 sessions, unless they are configured', async () => {
    const most = async (slots: { sessions: number; savedSessions: number }, limits = {}) => {
      const { alice } = await modelBroker({ limits, tpm: new ModelTpm12({ keys: 3, ...slots }) });
      return numberIn(await alice.send(property(TPM_CAP_PROP.MAX_AUTHSESS)));
    };
    assert.equal(await most({ sessions: 3, savedSessions: 16 }), 9);
    assert.equal(await most({ sessions: 2, savedSessions: 2 }), 8);
    assert.equal(await most({ sessions: 100, savedSessions: 100 }), 64);
    assert.equal(await most({ sessions: 3, savedSessions: 16 }, { sessionsPerUser: 5 }), 5);
    const { alice } = await modelBroker();
    assert.equal(numberIn(await alice.send(property(TPM_CAP_PROP.MAX_KEYS))), 64);
  });

  it('flush the oldest saved session, whoever holds it, if the gap has become too large', async () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 3 });
    const { virtualizer, alice, bob } = await modelBroker({ tpm });
    const held = handleIn(await bob.send(command.oiap()));
    for (let number = 0; number < 3; number++) handleIn(await alice.send(command.oiap()));
    const saved = () => virtualizer.resources().filter(({ kind }) => kind === 'savedSession').length;
    assert.equal(tpm.savedSessions.size, 1, 'Bob’s session was evicted first');
    for (let number = 0; number < 3; number++) {
      assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    }
    assert.equal(virtualizer.counts(bob.contextId).loadedSessions, 0, `Bob’s session ${held} was the oldest`);
    assert.equal(saved(), 3);
  });

  it('pass on that the TPM cannot save if there is nothing to flush', async () => {
    const { tpm, alice } = await modelBroker();
    const session = handleIn(await alice.send(command.oiap()));
    for (const full of ['NOCONTEXTSPACE', 'CONTEXT_GAP'] as const) {
      tpm.refuses('SaveContext', TPM_RESULT[full]);
      assert.equal(await alice.code(command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT[full]);
    }
  });

  it('do not count against commands that create nothing', async () => {
    const { alice } = await modelBroker({ limits: { sessionsPerUser: 0, keysPerUser: 0 } });
    assert.equal(responseCodeOf(await alice.exchange(command.ordinal(TPM_ORD.GetRandom))), 0);
  });
});

describe('room for a saved session in a TPM 1.2', () => {
  /** Makes tables with Alice's evicted sessions, which have these context counts and places in the order of use. */
  function withEvicted(...evicted: readonly { contextCount: number; lastUse: number }[]) {
    const alice = new VirtualContext(1, ALICE);
    const sessions = new Sessions(new Map([[1, alice]]));
    const saved = new SavedSessions();
    const flushed: (number | undefined)[] = [];
    const room = new SavedSessionRoom(
      sessions,
      saved,
      // biome-ignore lint/correctness/useYield: asks no TPM
      function* (session) {
        flushed.push(session.saved?.contextCount);
        sessions.ended(session);
      },
      () => undefined,
    );
    for (const [index, { contextCount, lastUse }] of evicted.entries()) {
      const session = sessions.adopt(alice, 'authSession', index + 1, {});
      Object.assign(session, { physicalHandle: undefined, lastUse, saved: { blob: new Uint8Array(), contextCount } });
    }
    sessions.adopt(alice, 'authSession', 50, {});
    /** Adds a session that its caller saved; its current count differs once it was saved again. */
    const callerSaves = (contextCount: number, currentCount = contextCount) => {
      const blob = new Uint8Array();
      saved.add({
        id: `saved-${contextCount}`,
        kind: 'authSession',
        userKey: ALICE.userKey,
        blob,
        contextCount,
        current: { blob, contextCount: currentCount },
        virtualHandle: 1,
        link: undefined,
        transportAttributes: 0,
      });
    };
    /** Returns whether room was made, and which sessions were flushed for it. */
    const makeRoom = (code: number) => {
      const exchange = room.makeRoomAfter(code);
      let step = exchange.next();
      while (!step.done) {
        flushed.push(readUint32(step.value, HEADER_BYTES));
        step = exchange.next(success());
      }
      return [step.value, ...flushed.splice(0)];
    };
    return { makeRoom, callerSaves };
  }

  it('is made for a slot by flushing the session that was least recently used', () => {
    const { makeRoom } = withEvicted(
      { contextCount: 1, lastUse: 30 },
      { contextCount: 2, lastUse: 10 },
      { contextCount: 3, lastUse: 20 },
    );
    assert.deepEqual(makeRoom(TPM_RESULT.NOCONTEXTSPACE), [true, 2]);
    assert.deepEqual(makeRoom(TPM_RESULT.NOCONTEXTSPACE), [true, 3]);
    assert.deepEqual(makeRoom(TPM_RESULT.NOCONTEXTSPACE), [true, 1]);
    assert.deepEqual(makeRoom(TPM_RESULT.NOCONTEXTSPACE), [false], 'only a resident one is left');
  });

  it('is made for the context gap by flushing the oldest session, whoever saved it', () => {
    const { makeRoom, callerSaves } = withEvicted(
      { contextCount: 8, lastUse: 1 },
      { contextCount: 4, lastUse: 3 },
      { contextCount: 6, lastUse: 2 },
    );
    callerSaves(1, 9);
    callerSaves(3);
    callerSaves(5);
    const order = Array.from({ length: 7 }, () => makeRoom(TPM_RESULT.CONTEXT_GAP));
    assert.deepEqual(order, [[true, 3], [true, 4], [true, 5], [true, 6], [true, 8], [true, 9], [false]]);
  });

  it('is made only after the two codes that ask for it', () => {
    const { makeRoom } = withEvicted({ contextCount: 1, lastUse: 1 });
    assert.deepEqual(makeRoom(TPM_RESULT.RESOURCES), [false]);
  });
});
