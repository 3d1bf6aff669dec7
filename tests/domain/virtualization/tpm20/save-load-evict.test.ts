import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  clear,
  contextSave,
  createPrimary,
  flushContext,
  handleIn,
  hashSequenceStart,
  policyGetDigest,
  readPublic,
  sequenceComplete,
  sequenceUpdate,
  sign,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 transient objects', () => {
  it('stay resident: their commands are the only ones that the TPM gets', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    tpm.log.length = 0;
    for (let round = 0; round < 5; round++) {
      assert.equal(await first.code(sign(TRANSIENT_FIRST)), 0);
      assert.equal(await second.code(sign(TRANSIENT_FIRST + 1)), 0);
    }
    assert.deepEqual(new Set(tpm.log), new Set([TPM_CC.Sign]));
    assert.equal(tpm.log.length, 10);
  });

  it('are evicted least recently used first, and saved only once', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 3; number++) handleIn(await client.send(createPrimary()));
    await client.send(readPublic(TRANSIENT_FIRST));
    handleIn(await client.send(createPrimary()));
    const resident = () =>
      broker.virtualizer
        .resources()
        .filter((resource) => resource.resident)
        .map((resource) => resource.virtualHandle - TRANSIENT_FIRST);
    assert.deepEqual(resident(), [0, 2, 3]);
    for (let round = 0; round < 20; round++) await client.send(readPublic(TRANSIENT_FIRST + (round % 4)));
    assert.equal(tpm.log.filter((code) => code === TPM_CC.ContextSave).length, 4);
  });

  it('are evicted before the TPM has to refuse, once it is known to be full', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 6; number++) handleIn(await client.send(createPrimary()));
    for (let round = 0; round < 6; round++) await client.send(readPublic(TRANSIENT_FIRST + round));
    tpm.log.length = 0;
    for (let round = 0; round < 12; round++)
      assert.equal(await client.code(readPublic(TRANSIENT_FIRST + (round % 6))), 0);
    // Each command flushes the oldest object, loads its own, and runs.
    assert.equal(tpm.log.filter((code) => code === TPM_CC.ContextLoad).length, 12);
    assert.equal(tpm.log.filter((code) => code === TPM_CC.FlushContext).length, 12);
    assert.equal(tpm.log.length, 36);
  });

  it('that change with use are saved each time', async () => {
    const { broker } = await scriptedBroker({ objectSlots: 2 });
    const client = broker.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(hashSequenceStart()));
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 4; number++) {
        assert.equal(await client.code(sequenceUpdate(TRANSIENT_FIRST + number, [1])), 0);
      }
    }
    for (let number = 0; number < 4; number++) {
      const response = await client.send(sequenceComplete(TRANSIENT_FIRST + number, []));
      assert.equal(readUint32(response, 10), 3, 'an update was lost');
    }
    assert.deepEqual(broker.virtualizer.resources(), []);
  });

  it('that the TPM refuses to save keep their slot, others are evicted, and the TPM answers what has no room', async () => {
    const { broker } = await scriptedBroker({ refusesToSaveSequences: true });
    const client = broker.client();
    for (let number = 0; number < 2; number++) handleIn(await client.send(hashSequenceStart()));
    for (let number = 0; number < 3; number++) handleIn(await client.send(createPrimary()));
    for (let number = 0; number < 3; number++)
      assert.equal(await client.code(readPublic(TRANSIENT_FIRST + 2 + number)), 0);
    assert.equal(handleIn(await client.send(hashSequenceStart())), TRANSIENT_FIRST + 5);
    assert.equal(await client.code(createPrimary()), TPM_RC.OBJECT_MEMORY);
    assert.equal(await client.code(readPublic(TRANSIENT_FIRST + 2)), TPM_RC.OBJECT_MEMORY);
    assert.equal(await client.code(flushContext(TRANSIENT_FIRST)), 0);
    assert.equal(await client.code(readPublic(TRANSIENT_FIRST + 2)), 0);
  });

  it('whose saved context is void are missing, and the broker continues', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary({ hierarchy: 'owner' })));
    // Somebody else clears the TPM, which the broker cannot know.
    tpm.transmit(clear());
    for (let number = 0; number < 5; number++) {
      assert.equal(await client.code(readPublic(TRANSIENT_FIRST + number)), TPM_RC.REFERENCE_H0);
    }
    assert.deepEqual(broker.virtualizer.resources(), []);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT_FIRST);
  });

  it('that the TPM creates with a handle that we thought in use replace the object that is evidently gone', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    tpm.transmit(flushContext(TRANSIENT_FIRST));
    const created = await second.send(createPrimary());
    assert.equal(handleIn(created), TRANSIENT_FIRST);
    assert.equal(await first.code(readPublic(TRANSIENT_FIRST)), TPM_RC.REFERENCE_H0);
    assert.equal(responseCodeOf(await second.send(readPublic(TRANSIENT_FIRST))), 0);
  });
});

describe('TPM 2.0 sessions that are swapped', () => {
  it('are forgotten if the TPM reports them as missing, and kept if it cannot save them now', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const client = broker.client();
    const first = handleIn(await client.send(createPrimary()));
    tpm.refuses('ContextSave', TPM_RC.REFERENCE_H0);
    tpm.refuses('CreatePrimary', TPM_RC.OBJECT_MEMORY);
    tpm.transmit(flushContext(TRANSIENT_FIRST));
    assert.equal(handleIn(await client.send(createPrimary())), first, 'its virtual handle is free again');
    assert.equal(broker.virtualizer.counts(client.contextId).transient, 1);
    const session = handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextSave', TPM_RC.TESTING);
    assert.equal(await client.code(startAuthSession()), TPM_RC.SESSION_MEMORY);
    assert.equal(await client.code(policyGetDigest(session)), 0, 'it is still there');
    tpm.refuses('ContextSave', TPM_RC.HANDLE);
    tpm.transmit(flushContext(session));
    assert.equal(await client.code(startAuthSession()), 0);
    assert.equal(broker.virtualizer.counts(client.contextId).loadedSessions, 1);
  });

  it('are flushed with the type by which the TPM lists them, if it rejects their own', async () => {
    for (const type of ['policy', 'hmac'] as const) {
      const { tpm, broker } = await scriptedBroker();
      const client = broker.client();
      const session = handleIn(await client.send(startAuthSession(type)));
      await client.send(contextSave(session));
      tpm.refuses('FlushContext', TPM_RC.HANDLE);
      const flushed: number[] = [];
      const transmit = tpm.transmit.bind(tpm);
      tpm.transmit = (bytes) => {
        if (readUint32(bytes, 6) === TPM_CC.FlushContext) flushed.push(readUint32(bytes, 10));
        return transmit(bytes);
      };
      assert.equal(await client.code(flushContext(session)), 0);
      const number = session & 0xffffff;
      const [own, other] = type === 'policy' ? [3, 2] : [2, 3];
      assert.deepEqual(flushed, [((own << 24) | number) >>> 0, ((other << 24) | number) >>> 0]);
    }
  });

  it('are flushed once if they are loaded', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    tpm.refuses('FlushContext', TPM_RC.HANDLE);
    tpm.takeLog();
    assert.equal(await client.code(flushContext(session)), TPM_RC.HANDLE);
    assert.deepEqual(tpm.takeLog(), ['FlushContext']);
  });

  it('that one command needs together never evict each other', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const client = broker.client();
    const sessions = [
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
    ];
    const key = handleIn(await client.send(createPrimary()));
    const both = sign(
      key,
      sessions.map((session) => ({ session, attributes: 1 })),
    );
    assert.equal(await client.code(both), TPM_RC.SESSION_MEMORY, 'the TPM has one slot');
    tpm.takeLog();
    for (const session of sessions) assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('are evicted for an object on a TPM with one memory for both', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1 });
    const client = broker.client();
    const first = handleIn(await client.send(createPrimary()));
    handleIn(await client.send(createPrimary()));
    tpm.refuses('ContextLoad', TPM_RC.SESSION_MEMORY);
    assert.equal(await client.code(readPublic(first)), 0);
  });
});
