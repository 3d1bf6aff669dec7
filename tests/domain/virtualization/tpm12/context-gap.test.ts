import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, handlesIn, listOf } from '../../../support/virtual-tpm12.js';

describe('the context gap of TPM 1.2', () => {
  it('keeps saved sessions valid through any number of context gaps, whether the broker or the caller holds the blob', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { made, send, code } = broker({}, tpm);
    const bobKey = made(2, command.loadKey2(9));
    const bound = made(2, command.osap(bobKey));
    const blob = send(2, command.saveContext(bound, TPM_RT.AUTH)).slice(14);
    const idle = made(3, command.oiap());
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 4 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 3 * 0xffff) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(code(3, command.sign(made(3, command.loadKey2(2)), idle, true)), 0, 'the session that was not used');
    const again = made(2, command.loadContext(blob, bobKey));
    assert.equal(code(2, command.sign(bobKey, again, true)), 0, 'the session that its caller saved');
    assert.notEqual(code(2, command.loadContext(blob, bobKey)), 0, 'it loads once');
  });

  it('flushes a session that was saved again by the context count that its caller knows', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { made, send, code } = broker({}, tpm);
    const blob = send(2, command.saveContext(made(2, command.oiap()), TPM_RT.AUTH)).slice(14);
    const count = readUint32(blob, 26);
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 4 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 0xffff) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(tpm.savedSessions.has(count), false);
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.CONTEXT))), [count]);
    const before = tpm.savedSessions.size;
    assert.equal(code(2, command.flush(count, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, before - 1);
  });

  it('flushes only the oldest saved session on a TPM that allows a smaller gap than it must', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 40 });
    const { made, send, code, virtualizer } = broker({}, tpm);
    send(2, command.saveContext(made(2, command.oiap()), TPM_RT.AUTH));
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 5 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 200) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(virtualizer.counts(2).savedSessions, 0);
  });
});
