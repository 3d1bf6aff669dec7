import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_KH, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker } from '../../../support/virtual-tpm12.js';

describe('handles of TPM 1.2 contexts', () => {
  it('are separate for each context, and distinct within it', () => {
    const { made } = broker();
    const alice = Array.from({ length: 8 }, (_, index) => made(1, command.loadKey2(index)));
    const bob = Array.from({ length: 8 }, (_, index) => made(2, command.loadKey2(index)));
    assert.equal(new Set(alice).size, 8);
    assert.equal(new Set(bob).size, 8);
  });

  it('have the TPM’s own value if that is free in the context', () => {
    const { made } = broker();
    assert.equal(made(1, command.loadKey2(7)), 1);
    assert.equal(made(1, command.oiap()), 1);
  });

  it('have the next free value above the TPM’s if that is in use in the context', () => {
    const { made, virtualizer } = broker();
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(number));
    const keys = Array.from({ length: 5 }, (_, number) => made(1, command.loadKey2(number)));
    assert.equal(new Set(keys).size, 5);
    assert.ok(
      keys.every((key) => key > 0 && key < 20),
      `${keys}`,
    );
    assert.equal(new Set(virtualizer.resources().map(({ id }) => id)).size, 8);
  });

  it('never name a new key like an unmanaged key', () => {
    const tpm = new ModelTpm12({ keys: 4, sessions: 3, savedSessions: 16 });
    tpm.keys.set(2, { identity: 99 });
    const { made, send } = broker({}, tpm);
    assert.equal(made(1, command.loadKey2(1)), 1);
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(number));
    const second = made(1, command.loadKey2(2));
    assert.ok(second !== 1 && second !== 2, `${second}`);
    assert.equal(readUint32(send(1, command.sign(2, made(1, command.oiap()), false)), 10), 99);
  });

  it('are separate for keys, authorization sessions and transport sessions, whose values may be equal', () => {
    const { made, code, virtualizer } = broker();
    assert.deepEqual([made(1, command.loadKey2(1)), made(1, command.oiap()), made(1, command.transport())], [1, 1, 1]);
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'transportSession', 'key'],
    );
    assert.equal(code(1, command.flush(1, TPM_RT.TRANS)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'key'],
    );
  });

  it('include the reserved key handles, which are the same in every context', () => {
    const { made, code } = broker();
    assert.equal(
      code(1, command.sign(TPM_KH.SRK, made(1, command.oiap()), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
      'the TPM’s answer',
    );
    assert.equal(code(1, command.osap(TPM_KH.SRK, TPM_ET.SRK)), 0);
    assert.equal(code(2, command.osap(7)), TPM_RESULT.INVALID_KEYHANDLE);
  });
});
