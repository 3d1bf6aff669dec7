import assert from 'node:assert/strict';
import { TPM_CAP_PROP, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, numberIn, property } from '../../../support/virtual-tpm12.js';

describe('quotas of TPM 1.2 keys and sessions', () => {
  it('refuse what exceeds the user’s quota with TPM_RESOURCES, over all of the user’s contexts', () => {
    const { made, code } = broker({ keysPerUser: 4, sessionsPerUser: 5 });
    for (let index = 0; index < 4; index++) made(index % 2 === 0 ? 1 : 3, command.loadKey2(index));
    assert.equal(code(3, command.loadKey2(9)), TPM_RESULT.RESOURCES);
    for (let index = 0; index < 5; index++) made(1, command.oiap());
    assert.equal(code(3, command.oiap()), TPM_RESULT.RESOURCES);
    assert.equal(code(3, command.transport()), TPM_RESULT.RESOURCES);
    assert.equal(code(2, command.loadKey2(9)), 0);
    assert.equal(code(2, command.oiap()), 0);
  });

  it('include the sessions that a user saved', () => {
    const { made, code } = broker({ sessionsPerUser: 4 });
    for (let index = 0; index < 4; index++)
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    assert.equal(code(1, command.oiap()), TPM_RESULT.RESOURCES);
  });

  it('flush a session of the user who holds the most if the TPM has no free slot', () => {
    const { tpm, made, code, virtualizer } = broker({ sessionsPerUser: 19 });
    const kept = made(2, command.oiap());
    for (let index = 0; index < 18; index++) made(1, command.oiap());
    const more = Array.from({ length: 6 }, () => made(2, command.oiap()));
    const key = made(2, command.loadKey2(5));
    for (const session of [kept, ...more]) assert.equal(code(2, command.sign(key, session, true)), 0);
    // 25 sessions, of which 3 are loaded and 16 saved; a swap needs one free slot meanwhile.
    assert.equal(virtualizer.counts(1).loadedSessions, 11);
    assert.ok(tpm.savedSessions.size <= 16);
  });

  it('flush a hoarder’s abandoned saved sessions before those in use', () => {
    const { made, code } = broker({ sessionsPerUser: 19 });
    for (let index = 0; index < 14; index++) {
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    }
    const used = Array.from({ length: 5 }, () => made(1, command.oiap()));
    const more = Array.from({ length: 4 }, () => made(2, command.oiap()));
    const key = made(1, command.loadKey2(1));
    for (const session of used) assert.equal(code(1, command.sign(key, session, true)), 0);
    const bobKey = made(2, command.loadKey2(1));
    for (const session of more) assert.equal(code(2, command.sign(bobKey, session, true)), 0);
  });

  it('depend on the TPM’s room, between 8 and 64 sessions, unless they are configured', () => {
    const most = (slots: { sessions: number; savedSessions: number }, limits = {}) => {
      const { send } = broker(limits, new ModelTpm12({ keys: 3, ...slots }));
      return numberIn(send(1, property(TPM_CAP_PROP.MAX_AUTHSESS)));
    };
    assert.equal(most({ sessions: 3, savedSessions: 16 }), 9);
    assert.equal(most({ sessions: 2, savedSessions: 2 }), 8);
    assert.equal(most({ sessions: 100, savedSessions: 100 }), 64);
    assert.equal(most({ sessions: 3, savedSessions: 16 }, { sessionsPerUser: 5 }), 5);
    const { send } = broker();
    assert.equal(numberIn(send(1, property(TPM_CAP_PROP.MAX_KEYS))), 64);
  });

  it('flush the oldest saved session, whoever holds it, if the gap has become too large', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 3 });
    const { made, code, virtualizer } = broker({}, tpm);
    const held = made(2, command.oiap());
    for (let number = 0; number < 3; number++) made(1, command.oiap());
    const saved = () => virtualizer.resources().filter(({ kind }) => kind === 'savedSession').length;
    assert.equal(tpm.savedSessions.size, 1, 'Bob’s session was evicted first');
    for (let number = 0; number < 3; number++) {
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    }
    assert.equal(virtualizer.counts(2).loadedSessions, 0, `Bob’s session ${held} was the oldest`);
    assert.equal(saved(), 3);
  });

  it('pass on that the TPM cannot save if there is nothing to flush', () => {
    const { made, code, tpm } = broker();
    const session = made(1, command.oiap());
    for (const full of ['NOCONTEXTSPACE', 'CONTEXT_GAP'] as const) {
      tpm.refuses('SaveContext', TPM_RESULT[full]);
      assert.equal(code(1, command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT[full]);
    }
  });
});
