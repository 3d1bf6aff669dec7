import assert from 'node:assert/strict';
import { TPM_CC, TPM_PT, TPM_RC, TPM_RH, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandTable } from '../../../../ts-core/domain/tpm20/command-shape.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
import { decodeCommandAttributes } from '../../../../ts-core/domain/tpm20/structures.js';
import { DEFAULT_RESOURCE_LIMITS } from '../../../../ts-core/domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../../../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  clear,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  getRandom,
  handleIn,
  listHandles,
  policyGetDigest,
  readPublic,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker, VirtualTpm20 } from '../../../support/virtual-tpm20.js';

describe('the TPM 2.0 virtualizer', () => {
  it('continues after a TPM reset: contexts’ resources are gone, their callers are informed, and new commands succeed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    tpm.reset();
    for (let number = 0; number < 5; number++)
      assert.equal(await client.code(readPublic(TRANSIENT_FIRST + number)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
    assert.deepEqual(broker.virtualizer.snapshot().savedSessions, []);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT_FIRST);
  });

  it('reads the TPM’s commands (TPMA_CC) page by page', async () => {
    const { broker } = await scriptedBroker({ pageItems: 3 });
    const { virtualizer } = broker;
    assert.equal(virtualizer.commandCodes().length, 23);
    assert.equal(virtualizer.maxCommandBytes, 4096);
    assert.deepEqual(virtualizer.handlesOf(startAuthSession()), [TPM_RH.NULL, TPM_RH.NULL]);
    assert.deepEqual(virtualizer.handlesOf(listHandles(0, 1)), []);
    assert.deepEqual(virtualizer.handlesOf(command('StartAuthSession', u32(5))), [5]);
    assert.equal(virtualizer.handlesOf(command(0x999, [])), null);
    assert.deepEqual(decodeCommandAttributes(0x13000131), {
      code: TPM_CC.CreatePrimary,
      handleCount: 1,
      returnsHandle: true,
      flushesHandles: true,
    });
    assert.equal(new CommandTable([decodeCommandAttributes(0x22000123)]).of(0x20000123)?.handleCount, 1);
  });

  it('reports nothing about the TPM before it has started', () => {
    const virtualizer = new Tpm20Virtualizer();
    assert.deepEqual([virtualizer.maxCommandBytes, virtualizer.commandCodes()], [4096, []]);
    assert.equal(virtualizer.property(TPM_PT.MAX_COMMAND_SIZE), undefined);
    assert.equal(virtualizer.handlesOf(getRandom(8)), null);
    assert.equal(virtualizer.direct.begin(1, getRandom(8)), null);
    assert.deepEqual(virtualizer.snapshot(), { savedSessions: [], ownedHandles: [], unmanagedObjects: [] });
    assert.equal(DEFAULT_RESOURCE_LIMITS.abandonedSessionsPerUser, 4, 'as tpm2-abrmd has it');
  });

  it('reports the properties of the TPM', async () => {
    const { broker } = await scriptedBroker({ properties: [[TPM_PT.MAX_COMMAND_SIZE, 2048]] });
    assert.equal(broker.virtualizer.maxCommandBytes, 2048);
    assert.equal(broker.virtualizer.property(TPM_PT.HR_LOADED), undefined);
  });

  it('accepts contexts that were open before it started, and refuses those that are not open', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    await broker.run(() => broker.virtualizer.start(undefined));
    assert.equal(await client.code(getRandom(8)), 0);
    await client.close();
    await client.close();
    await assert.rejects(client.exchange(getRandom(8)), { symbol: 'TBS_E_INVALID_CONTEXT' });
    assert.equal(broker.virtualizer.swapNeed(client.contextId, getRandom(8)), 'none');
  });

  it('returns the TPM’s code if the TPM rejects a question that it depends on', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary({ hierarchy: 'owner' })));
    tpm.refuses('GetCapability', TPM_RC.FAILURE);
    assert.equal(await client.code(clear()), TPM_RC.FAILURE);
    assert.equal(await client.code(readPublic(TRANSIENT_FIRST)), TPM_RC.REFERENCE_H0, 'it has asked again');
  });

  it('passes on other errors', async () => {
    const tpm = new ScriptedTpm20();
    let fails = false;
    const broker = await VirtualTpm20.start((bytes) => {
      if (fails) throw new TypeError('broken');
      return tpm.transmit(bytes);
    });
    const client = broker.client();
    fails = true;
    await assert.rejects(client.exchange(getRandom(8)), /broken/);
  });

  it('flushes everything that a closed context held, and leaves to its user what it saved', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 2, sessionSlots: 2 });
    const [client, other] = [broker.client(), broker.client()];
    const key = handleIn(await other.send(createPrimary()));
    const session = handleIn(await other.send(startAuthSession()));
    const theirs = handleIn(await other.send(startAuthSession()));
    await other.send(contextSave(theirs));
    for (let number = 0; number < 3; number++) {
      handleIn(await client.send(createPrimary()));
      handleIn(await client.send(startAuthSession()));
    }
    const saved = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(saved)));
    let owned: readonly number[] = [];
    broker.virtualizer.onSnapshotChange = () => {
      const { ownedHandles } = broker.virtualizer.snapshot();
      if (ownedHandles.length > owned.length) owned = ownedHandles;
    };
    tpm.takeLog();
    await client.close();
    const flushed = tpm.takeLog().filter((name) => name === 'FlushContext');
    assert.equal(flushed.length, 2 + 3, 'the two objects that are in the TPM, and its sessions wherever they are');
    assert.ok(owned.length >= 5, 'what is to be flushed is in the snapshot until it is');
    assert.equal(tpm.sessions.size, 3);
    assert.equal(await other.code(readPublic(key)), 0);
    assert.equal(await other.code(policyGetDigest(session)), 0);
    assert.equal(broker.virtualizer.counts(other.contextId).savedSessions, 1);
    assert.equal(tpm.objects.size, 1);
    assert.equal(handleIn(await other.send(contextLoad(blob))), saved);
  });

  it('undoes nothing for an unknown context or command, or a command that has failed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const create = createPrimary();
    const response = await client.send(create);
    const discard = (contextId: number, bytes: Uint8Array, answer: Uint8Array) =>
      broker.run(() => broker.virtualizer.discard(contextId, bytes, answer));
    await discard(99, create, response);
    await discard(client.contextId, command(0x20000001, []), response);
    const failed = response.slice();
    failed[9] = 1;
    await discard(client.contextId, create, failed);
    await discard(client.contextId, create, response.subarray(0, 12));
    await discard(client.contextId, readPublic(TRANSIENT_FIRST), response);
    assert.equal(tpm.objects.size, 1);
    await discard(client.contextId, create, response);
    assert.equal(tpm.objects.size, 0);
  });

  it('flushes after a TPM reset what it cannot distinguish from sessions that have survived a restart', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    broker.virtualizer.tpmWasReset();
    assert.deepEqual(broker.virtualizer.snapshot().savedSessions, []);
    assert.equal(broker.virtualizer.direct.begin(client.contextId, getRandom(8)), null, 'the TPM is asked first');
    assert.equal(await client.code(getRandom(8)), 0);
    assert.equal(tpm.sessions.size, 0);
    broker.virtualizer.tpmWasReset();
    assert.notEqual(broker.virtualizer.direct.begin(client.contextId, getRandom(8)), null, 'there was nothing to lose');
  });
});
