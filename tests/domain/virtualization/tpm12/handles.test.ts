import assert from 'node:assert/strict';
import { TPM_ET, TPM_KH, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { Keys, VirtualContext } from '../../../../ts-core/domain/virtualization/tpm12/handles.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { ALICE, handleIn, inTurn, modelBroker } from '../../../support/virtual-tpm12.js';

function withKeys() {
  const alice = new VirtualContext(1, ALICE);
  return { alice, keys: new Keys(new Map([[1, alice]])) };
}

describe('handles of TPM 1.2 contexts', () => {
  it('are separate for each context, and distinct within it', async () => {
    const { alice, bob } = await modelBroker();
    const alices = await inTurn(8, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    const bobs = await inTurn(8, async (index) => handleIn(await bob.send(command.loadKey2(index))));
    assert.equal(new Set(alices).size, 8);
    assert.equal(new Set(bobs).size, 8);
  });

  it('have the TPM’s own value if that is free in the context', async () => {
    const { alice } = await modelBroker();
    assert.equal(handleIn(await alice.send(command.loadKey2(7))), 1);
    assert.equal(handleIn(await alice.send(command.oiap())), 1);
  });

  it('have the next free value above the TPM’s if that is in use in the context', async () => {
    const { virtualizer, alice, bob } = await modelBroker();
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(number)));
    const keys = await inTurn(5, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    assert.equal(new Set(keys).size, 5);
    assert.ok(
      keys.every((key) => key > 0 && key < 20),
      `${keys}`,
    );
    assert.equal(new Set(virtualizer.resources().map(({ id }) => id)).size, 8);
  });

  it('never name a new key like an unmanaged key, nor by zero', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([2]);
    const names = (physicalHandle: number) => keys.adopt(alice, physicalHandle, {}).virtualHandle;
    assert.deepEqual([names(1), names(1)], [1, 3], 'the unmanaged key 2 stays reachable');
    assert.deepEqual([names(0xffffffff), names(0xffffffff)], [0xffffffff, 4]);
  });

  it('have the wanted value if it is free, but not that of an unmanaged key', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([8]);
    const names = (wanted: number) => keys.adopt(alice, 1, { wanted }).virtualHandle;
    assert.deepEqual([names(7), names(7), names(8)], [7, 9, 10]);
  });

  it('have the TPM’s own value even if an unmanaged key had it', () => {
    const { keys, alice } = withKeys();
    keys.unmanaged = new Set([2]);
    assert.equal(keys.adopt(alice, 2, {}).virtualHandle, 2, 'no other key in the TPM can have it now');
  });

  it('are separate for keys, authorization sessions and transport sessions, whose values may be equal', async () => {
    const { virtualizer, alice } = await modelBroker();
    assert.deepEqual(
      [
        handleIn(await alice.send(command.loadKey2(1))),
        handleIn(await alice.send(command.oiap())),
        handleIn(await alice.send(command.transport())),
      ],
      [1, 1, 1],
    );
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'transportSession', 'key'],
    );
    assert.equal(await alice.code(command.flush(1, TPM_RT.TRANS)), 0);
    assert.deepEqual(
      virtualizer.resources().map(({ kind }) => kind),
      ['authSession', 'key'],
    );
  });

  it('include the reserved key handles, which are the same in every context', async () => {
    const { alice, bob } = await modelBroker();
    assert.equal(
      await alice.code(command.sign(TPM_KH.SRK, handleIn(await alice.send(command.oiap())), true)),
      TPM_RESULT.INVALID_KEYHANDLE,
      'the TPM’s answer',
    );
    assert.equal(await alice.code(command.osap(TPM_KH.SRK, TPM_ET.SRK)), 0);
    assert.equal(await bob.code(command.osap(7)), TPM_RESULT.INVALID_KEYHANDLE);
  });
});
