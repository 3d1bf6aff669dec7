import assert from 'node:assert/strict';
import { concat, sized, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import {
  handleIn,
  handlesIn,
  inTurn,
  listOf,
  modelBroker,
  numberIn,
  property,
} from '../../../support/virtual-tpm12.js';

describe('TPM_GetCapability of a context', () => {
  it('lists only the context’s own handles, and its remaining room', async () => {
    const { alice, bob, aliceToo } = await modelBroker({ limits: { keysPerUser: 10, sessionsPerUser: 9 } });
    const keys = await inTurn(5, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    const sessions = await inTurn(4, async () => handleIn(await alice.send(command.oiap())));
    handleIn(await bob.send(command.loadKey2(1)));
    const transport = handleIn(await bob.send(command.transport()));
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.KEY))).sort(), [...keys].sort());
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.AUTH))).sort(), [...sessions].sort());
    assert.deepEqual(handlesIn(await bob.send(listOf(TPM_RT.TRANS))), [transport]);
    assert.deepEqual(handlesIn(await aliceToo.send(listOf(TPM_RT.KEY))), []);
    assert.equal(readUint32(await alice.send(property(TPM_CAP_PROP.KEYS)), 14), 5);
    assert.equal(readUint32(await alice.send(property(TPM_CAP_PROP.AUTHSESS)), 14), 5);
  });

  it('shows a user’s saved sessions by context count, which only that user can flush', async () => {
    const { tpm, alice, bob, aliceToo } = await modelBroker();
    assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    const [count] = handlesIn(await aliceToo.send(listOf(TPM_RT.CONTEXT)));
    assert.deepEqual(handlesIn(await bob.send(listOf(TPM_RT.CONTEXT))), []);
    assert.equal(await bob.code(command.flush(count as number, TPM_RT.CONTEXT)), TPM_RESULT.BAD_PARAMETER);
    assert.equal(await aliceToo.code(command.flush(count as number, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, 0);
  });

  it('lists unmanaged keys, which everybody can use and nobody can flush', async () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x1234, { identity: 99 });
    const { alice, bob, aliceToo } = await modelBroker({ tpm });
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.KEY))), [0x1234]);
    const response = await alice.send(command.sign(0x1234, handleIn(await alice.send(command.oiap())), false));
    assert.equal(readUint32(response, 10), 99);
    assert.equal(await alice.code(command.flush(0x1234, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
    for (const client of [alice, bob, aliceToo]) await client.close();
    assert.deepEqual([...tpm.keys.keys()], [0x1234]);
  });

  it('reports how many of each kind the user may still hold, and may hold at most', async () => {
    const { alice, bob, aliceToo } = await modelBroker({ limits: { keysPerUser: 10, sessionsPerUser: 9 } });
    handleIn(await aliceToo.send(command.loadKey2(1)));
    handleIn(await alice.send(command.oiap()));
    assert.equal(await alice.code(command.saveContext(handleIn(await alice.send(command.oiap())), TPM_RT.AUTH)), 0);
    const told = async (number: number) => numberIn(await alice.send(property(number)));
    assert.equal(await told(TPM_CAP_PROP.KEYS), 9);
    for (const left of ['AUTHSESS', 'TRANSESS', 'SESSIONS', 'CONTEXT'] as const)
      assert.equal(await told(TPM_CAP_PROP[left]), 7);
    assert.equal(await told(TPM_CAP_PROP.MAX_KEYS), 10);
    for (const most of ['MAX_AUTHSESS', 'MAX_TRANSESS', 'MAX_SESSIONS', 'MAX_CONTEXT'] as const) {
      assert.equal(await told(TPM_CAP_PROP[most]), 9);
    }
    assert.equal(numberIn(await bob.send(property(TPM_CAP_PROP.KEYS))), 10, 'another user');
  });

  it('returns the TPM’s response for everything else, and for a malformed query', async () => {
    const { tpm, alice } = await modelBroker();
    const others = [
      property(TPM_CAP_PROP.OWNER),
      listOf(0x77),
      command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.VERSION), uint32(0))),
      command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.HANDLE), uint32(5), uint32(TPM_RT.KEY))),
      command.ordinal(TPM_ORD.GetCapability, uint32(TPM_CAP.HANDLE)),
    ];
    for (const bytes of others) {
      tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
      assert.deepEqual(await alice.send(bytes), refusal(TPM_RESULT.BAD_MODE));
    }
  });

  it('lists keys by TPM_CAP_KEY_HANDLE too, and passes on the error of a TPM that does not list them', async () => {
    const { tpm, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const byArea = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.KEY_HANDLE), uint32(0)));
    assert.deepEqual(handlesIn(await alice.send(byArea)), [key]);
    assert.deepEqual(handlesIn(await bob.send(byArea)), []);
    tpm.listsHandles = false;
    assert.equal(await alice.code(byArea), TPM_RESULT.BAD_MODE);
  });

  it('lists only the context’s own DAA sessions', async () => {
    const { alice, bob } = await modelBroker();
    const created = readUint32(await alice.send(command.daa('DAA_JOIN', 0, 0)), 14);
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.DAA_TPM))), [created]);
    assert.deepEqual(handlesIn(await bob.send(listOf(TPM_RT.DAA_TPM))), []);
  });

  it('says that a key can be loaded if the broker can make room and the quota allows it', async () => {
    const question = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.CHECK_LOADED), sized(uint32(1))));
    const { tpm, alice, bob } = await modelBroker({ limits: { keysPerUser: 4 } });
    const says = async (client: VirtualClient) => (await client.send(question))[14];
    assert.equal(await says(alice), 1, 'the TPM has room');
    for (let number = 0; number < 3; number++) handleIn(await alice.send(command.loadKey2(number)));
    assert.equal(await says(alice), 1, 'the broker makes some');
    handleIn(await alice.send(command.loadKey2(4)));
    assert.equal(await says(alice), 0, 'the quota is exhausted');
    assert.equal(await says(bob), 1, 'not for another user');
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(await bob.code(question), TPM_RESULT.BAD_MODE);
    const full = await modelBroker({ tpm: new ModelTpm12({ keys: 0, sessions: 3, savedSessions: 16 }) });
    assert.equal((await full.alice.send(question))[14], 0, 'there is nothing to evict');
  });

  it('lists each kind of session without the other', async () => {
    const { alice } = await modelBroker();
    handleIn(await alice.send(command.oiap()));
    const [, second] = [
      handleIn(await alice.send(command.transport())),
      handleIn(await alice.send(command.transport())),
    ];
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.AUTH))), [1]);
    assert.deepEqual(handlesIn(await alice.send(listOf(TPM_RT.TRANS))), [1, second]);
  });

  it('passes on queries about other capability areas, whatever their numbers', async () => {
    const { tpm, alice } = await modelBroker();
    const flag = (number: number) =>
      command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.FLAG), sized(uint32(number))));
    for (const number of [TPM_CAP_PROP.KEYS, TPM_CAP_PROP.AUTHSESS, TPM_CAP_PROP.MAX_SESSIONS]) {
      tpm.responds('GetCapability', sized(uint32(77)));
      assert.equal(numberIn(await alice.send(flag(number))), 77);
    }
  });

  it('passes on a query whose size is wrong', async () => {
    const { tpm, alice } = await modelBroker();
    handleIn(await alice.send(command.oiap()));
    const area = uint32(TPM_CAP.HANDLE);
    for (const malformed of [
      concat(area, uint32(5), uint32(TPM_RT.AUTH)),
      concat(area, uint32(3), uint32(TPM_RT.AUTH)),
      concat(area, uint32(4), uint32(TPM_RT.AUTH), uint32(0)),
    ]) {
      tpm.takeLog();
      tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
      assert.equal(await alice.code(command.ordinal(TPM_ORD.GetCapability, malformed)), TPM_RESULT.BAD_MODE);
      assert.deepEqual(tpm.takeLog(), ['GetCapability']);
    }
  });

  it('says that a key cannot be loaded if the keys in the TPM are permanent ones, or not the broker’s', async () => {
    const question = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.CHECK_LOADED), sized(uint32(1))));
    const tpm = new ModelTpm12({ keys: 2, sessions: 3, savedSessions: 16 });
    const { broker, virtualizer, alice } = await modelBroker({ tpm });
    handleIn(await alice.send(command.loadKey2(1)));
    await broker.run(() => virtualizer.suspend());
    for (const handle of [0x77, 0x78]) tpm.keys.set(handle, { identity: handle });
    assert.equal((await alice.send(question))[14], 0, 'the broker’s only key is evicted already');
    tpm.keys.clear();
    handleIn(await alice.send(command.loadKey2(2)));
    const permanent = handleIn(await alice.send(command.loadKey2(3)));
    const owners = handleIn(await alice.send(command.oiap()));
    assert.equal((await alice.send(question))[14], 1);
    assert.equal(await alice.code(command.keyControlOwner(permanent, owners, true)), 0);
    await broker.run(() => virtualizer.suspend());
    tpm.keys.set(0x77, { identity: 7 });
    assert.equal((await alice.send(question))[14], 0, 'the other one is permanent');
  });

  it('does not change an answer to that question in a form that it does not know', async () => {
    const question = command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.CHECK_LOADED), sized(uint32(1))));
    const { tpm, alice } = await modelBroker();
    handleIn(await alice.send(command.loadKey2(1)));
    for (const answer of [uint32(0), Uint8Array.of(2)]) {
      tpm.responds('GetCapability', sized(answer));
      assert.deepEqual((await alice.send(question)).slice(14), answer);
    }
  });
});
