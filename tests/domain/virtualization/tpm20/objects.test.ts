import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  clear,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getCapability,
  getRandom,
  handleIn,
  handleListIn,
  hashSequenceStart,
  RH_OWNER,
  readPublic,
  sequenceComplete,
  sequenceUpdate,
  sign,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import { VirtualTpm20 } from '../../../support/virtual-tpm20.js';

const TRANSIENT = 0x80000000;
const CC_CONTEXT_SAVE = 0x162;
const CC_CONTEXT_LOAD = 0x161;
const CC_FLUSH_CONTEXT = 0x165;

async function started(options: ConstructorParameters<typeof ScriptedTpm20>[0] = {}) {
  const tpm = new ScriptedTpm20(options);
  const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes));
  return { tpm, broker };
}

describe('TPM 2.0 transient objects', () => {
  it('stay resident: commands on them are the caller’s commands and nothing else', async () => {
    const { tpm, broker } = await started();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    tpm.log.length = 0;
    for (let round = 0; round < 5; round++) {
      assert.equal(await first.code(sign(TRANSIENT)), 0);
      assert.equal(await second.code(sign(TRANSIENT + 1)), 0);
    }
    assert.deepEqual(new Set(tpm.log), new Set([0x15d]));
    assert.equal(tpm.log.length, 10);
  });

  it('leave the TPM least recently used first, and are saved once in their life', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 3; number++) handleIn(await client.send(createPrimary()));
    await client.send(readPublic(TRANSIENT));
    handleIn(await client.send(createPrimary()));
    const resident = () =>
      broker.virtualizer
        .resources()
        .filter((resource) => resource.resident)
        .map((resource) => resource.virtualHandle - TRANSIENT);
    assert.deepEqual(resident(), [0, 2, 3]);
    for (let round = 0; round < 20; round++) await client.send(readPublic(TRANSIENT + (round % 4)));
    assert.equal(tpm.log.filter((code) => code === CC_CONTEXT_SAVE).length, 4);
  });

  it('are evicted before the TPM has to refuse, once it is known to be full', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 6; number++) handleIn(await client.send(createPrimary()));
    for (let round = 0; round < 6; round++) await client.send(readPublic(TRANSIENT + round));
    tpm.log.length = 0;
    for (let round = 0; round < 12; round++) assert.equal(await client.code(readPublic(TRANSIENT + (round % 6))), 0);
    // Per command: flush of the oldest, load, the command.
    assert.equal(tpm.log.filter((code) => code === CC_CONTEXT_LOAD).length, 12);
    assert.equal(tpm.log.filter((code) => code === CC_FLUSH_CONTEXT).length, 12);
    assert.equal(tpm.log.length, 36);
  });

  it('that change with use are saved anew each time', async () => {
    const { broker } = await started({ objectSlots: 2 });
    const client = broker.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(hashSequenceStart()));
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 4; number++) {
        assert.equal(await client.code(sequenceUpdate(TRANSIENT + number, [1])), 0);
      }
    }
    for (let number = 0; number < 4; number++) {
      const response = await client.send(sequenceComplete(TRANSIENT + number, []));
      assert.equal(readUint32(response, 10), 3, 'an update was lost');
    }
    assert.deepEqual(broker.virtualizer.resources(), []);
  });

  it('that the TPM refuses to save keep their slot, others give way, and what has no room is answered by the TPM', async () => {
    const { broker } = await started({ refusesToSaveSequences: true });
    const client = broker.client();
    for (let number = 0; number < 2; number++) handleIn(await client.send(hashSequenceStart()));
    for (let number = 0; number < 3; number++) handleIn(await client.send(createPrimary()));
    for (let number = 0; number < 3; number++) assert.equal(await client.code(readPublic(TRANSIENT + 2 + number)), 0);
    assert.equal(handleIn(await client.send(hashSequenceStart())), TRANSIENT + 5);
    assert.equal(await client.code(createPrimary()), 0x902);
    assert.equal(await client.code(readPublic(TRANSIENT + 2)), 0x902);
    assert.equal(await client.code(flushContext(TRANSIENT)), 0);
    assert.equal(await client.code(readPublic(TRANSIENT + 2)), 0);
  });

  it('whose saved form has become void answer as missing, and the broker goes on', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary(RH_OWNER)));
    // Clear behind the broker's back: it cannot know.
    tpm.transmit(clear());
    for (let number = 0; number < 5; number++) {
      assert.equal(await client.code(readPublic(TRANSIENT + number)), 0x910);
    }
    assert.deepEqual(broker.virtualizer.resources(), []);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT);
  });

  it('can be saved and loaded by anybody who has the blob, and a loaded one is evicted without saving it again', async () => {
    const { tpm, broker } = await started();
    const [first, second] = [broker.client(), broker.client('uid:1001')];
    const created = await first.send(createPrimary());
    const blob = blobIn(await first.send(contextSave(handleIn(created))));
    tpm.log.length = 0;
    for (let number = 0; number < 4; number++) {
      assert.equal(handleIn(await second.send(contextLoad(blob))), TRANSIENT + number);
    }
    for (let number = 0; number < 4; number++) {
      const response = await second.send(readPublic(TRANSIENT + number));
      assert.equal(readUint32(response, 10), readUint32(created, 14));
    }
    assert.equal(tpm.log.includes(CC_CONTEXT_SAVE), false);
    tpm.log.length = 0;
    assert.deepEqual(blobIn(await second.send(contextSave(TRANSIENT))), blob, 'an evicted object has its blob already');
    assert.equal(await first.code(readPublic(handleIn(created))), 0);
  });

  it('are listed in order, in pages, from the property on', async () => {
    const { broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 6; number++) handleIn(await client.send(createPrimary()));
    const list = async (first: number, count: number) =>
      handleListIn(await client.send(getCapability(1, first, count)));
    assert.deepEqual(await list(TRANSIENT, 2), { handles: [TRANSIENT, TRANSIENT + 1], moreData: true });
    assert.deepEqual(await list(TRANSIENT + 4, 2), { handles: [TRANSIENT + 4, TRANSIENT + 5], moreData: false });
    assert.deepEqual(await list(TRANSIENT + 6, 2), { handles: [], moreData: false });
    assert.deepEqual(await list(TRANSIENT, 0), { handles: [], moreData: true });
  });

  it('given out by the TPM under a handle that we thought taken replace what is evidently gone', async () => {
    const { tpm, broker } = await started();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    tpm.transmit(flushContext(TRANSIENT));
    const created = await second.send(createPrimary());
    assert.equal(handleIn(created), TRANSIENT);
    assert.equal(await first.code(readPublic(TRANSIENT)), 0x910);
    assert.equal(responseCodeOf(await second.send(readPublic(TRANSIENT))), 0);
  });

  it('tell, without being touched, whether a command needs a swap', async () => {
    const { tpm, broker } = await started();
    const [first, second] = [broker.client(), broker.client()];
    const need = (client: typeof first, bytes: Uint8Array) => broker.virtualizer.swapNeed(client.contextId, bytes);
    for (let number = 0; number < 3; number++) handleIn(await first.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT)), 'resident');
    assert.equal(need(second, createPrimary()), 'none', 'nothing is known of a limit yet');
    handleIn(await second.send(createPrimary()));
    // The TPM has three slots: the first object went, and comes back in place of the second.
    assert.equal(need(first, sign(TRANSIENT)), 'swap');
    assert.equal(await first.code(sign(TRANSIENT)), 0);
    tpm.log.length = 0;
    assert.equal(need(first, sign(TRANSIENT)), 'resident');
    assert.equal(need(first, sign(TRANSIENT + 1)), 'swap');
    assert.equal(need(second, sign(TRANSIENT)), 'resident');
    assert.equal(need(second, sign(TRANSIENT + 1)), 'none', 'not there at all');
    assert.equal(need(second, getRandom(8)), 'none');
    assert.equal(need(second, createPrimary()), 'swap', 'needs another’s slot');
    assert.equal(need(second, startAuthSession()), 'none');
    assert.equal(need(first, flushContext(TRANSIENT)), 'resident', 'frees a slot');
    assert.equal(need(first, flushContext(TRANSIENT + 1)), 'none');
    assert.equal(need(first, contextSave(TRANSIENT + 1)), 'none', 'is saved already');
    assert.equal(need(first, Uint8Array.of(0x80, 0x02, 0, 0, 0, 10, 0, 0, 1, 0x5d)), 'none', 'malformed');
    assert.deepEqual(tpm.log, []);
    // Had asking counted as use, another one would go now than the least recently used.
    handleIn(await second.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT + 2)), 'swap');
    assert.equal(need(first, sign(TRANSIENT)), 'resident');
  });

  it('are bounded per context, together with sessions, and per user over all contexts, as the limits are at the moment', async () => {
    const tpm = new ScriptedTpm20();
    const limits = { resourcesPerContext: 5, sessionsPerContext: 4, objectsPerUser: 7, abandonedSessionsPerUser: 4 };
    const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { limits });
    const [first, second, other] = [broker.client(), broker.client(), broker.client('uid:1001')];
    handleIn(await first.send(startAuthSession()));
    for (let number = 0; number < 4; number++) handleIn(await first.send(createPrimary()));
    assert.equal(await first.code(createPrimary()), 0x000c0902);
    assert.equal(await first.code(startAuthSession()), 0x000c0903);
    for (let number = 0; number < 3; number++) handleIn(await second.send(createPrimary()));
    assert.equal(await second.code(createPrimary()), 0x000c0902);
    handleIn(await other.send(createPrimary()));
    await first.close();
    handleIn(await second.send(createPrimary()));
    limits.resourcesPerContext = 2;
    assert.equal(await second.code(createPrimary()), 0x000c0902);
    assert.equal(await second.code(readPublic(TRANSIENT + 3)), 0, 'what is there stays usable');
  });
});
