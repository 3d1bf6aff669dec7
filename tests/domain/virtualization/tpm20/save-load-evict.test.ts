import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { handleNumber, TPM_CC, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  blobIn,
  clear,
  contextLoad,
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
  u32,
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

  it('are evicted before the TPM rejects anything, once it is known to be full', async () => {
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

  it('that the TPM cannot save stay in it while others are evicted, and the TPM rejects what finds no room', async () => {
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

  it('that the TPM cannot save free no slot, so the command is repeated only after another was evicted', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 2, refusesToSaveSequences: true });
    const client = broker.client();
    handleIn(await client.send(hashSequenceStart()));
    handleIn(await client.send(createPrimary()));
    tpm.takeLog();
    handleIn(await client.send(createPrimary()));
    assert.deepEqual(tpm.takeLog(), ['CreatePrimary', 'ContextSave', 'ContextSave', 'FlushContext', 'CreatePrimary']);
  });

  it('are missing if the TPM answers a load with success but no handle, or with an error and a handle', async () => {
    for (const [code, body] of [
      [TPM_RC.SUCCESS, []],
      [TPM_RC.INTEGRITY, u32(TRANSIENT_FIRST)],
    ] as const) {
      const { tpm, broker } = await scriptedBroker({ objectSlots: 1 });
      const client = broker.client();
      const [evicted] = [
        handleIn(await client.send(createPrimary())),
        handleIn(await client.send(createPrimary())),
      ] as const;
      tpm.answers('ContextLoad', code, body);
      tpm.takeLog();
      assert.equal(await client.code(readPublic(evicted)), TPM_RC.REFERENCE_H0);
      assert.ok(!tpm.takeLog().includes('ReadPublic'));
    }
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

  it('replace an object whose handle the TPM assigns again, because it is evidently gone', async () => {
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
  });

  it('make room by ending if the TPM can never save them, without a repair of a context gap', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const gone = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    tpm.refuses('StartAuthSession', TPM_RC.SESSION_MEMORY);
    tpm.refuses('ContextSave', TPM_RC.HANDLE);
    tpm.takeLog();
    assert.equal(await client.code(startAuthSession()), 0);
    assert.deepEqual(tpm.takeLog(), ['StartAuthSession', 'ContextSave', 'StartAuthSession']);
    assert.equal(await client.code(policyGetDigest(gone)), TPM_RC.REFERENCE_H0);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('are evicted before the TPM rejects anything, once it is known to be full', async () => {
    const { tpm, broker } = await scriptedBroker({ sessionSlots: 2 });
    const client = broker.client();
    const sessions: number[] = [];
    for (let number = 0; number < 4; number++) sessions.push(handleIn(await client.send(startAuthSession())));
    for (const session of sessions) await client.send(policyGetDigest(session));
    tpm.takeLog();
    for (const session of sessions) {
      assert.equal(await client.code(policyGetDigest(session)), 0);
      assert.deepEqual(tpm.takeLog(), ['ContextSave', 'ContextLoad', 'PolicyGetDigest']);
    }
  });

  it('use the room that the TPM has gained, once it has been tried again', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const [first, second] = [
      handleIn(await client.send(startAuthSession())),
      handleIn(await client.send(startAuthSession())),
    ];
    const evictAll = () => broker.run(() => broker.virtualizer.suspend());
    await evictAll();
    await client.send(policyGetDigest(first));
    // Another program's sessions are in the way, and then gone.
    tpm.refuses('ContextLoad', TPM_RC.SESSION_MEMORY);
    await client.send(policyGetDigest(second));
    assert.equal(tpm.loadedSessions().length, 1);
    for (let round = 0; tpm.loadedSessions().length === 1; round++) {
      assert.ok(round < 100, 'the TPM is tried again after 64 evictions');
      assert.equal(await client.code(policyGetDigest(round % 2 === 0 ? first : second)), 0);
    }
    await evictAll();
    for (const session of [first, second]) assert.equal(await client.code(policyGetDigest(session)), 0);
    assert.equal(tpm.loadedSessions().length, 2, 'neither makes way for the other any more');
  });

  it('do not count as filling the TPM if it cannot load one for another reason', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client()];
    const session = handleIn(await client.send(startAuthSession()));
    await broker.run(() => broker.virtualizer.suspend());
    handleIn(await other.send(startAuthSession()));
    tpm.refuses('ContextLoad', TPM_RC.TESTING);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.TESTING);
    assert.equal(broker.virtualizer.swapNeed(client.contextId, startAuthSession()), 'none');
  });

  it('are loaded by their caller without asking the TPM if they are in it already', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    const save = contextSave(session);
    const blob = blobIn(await client.send(save));
    const load = contextLoad(blob);
    const loaded = await client.send(load);
    // The load was cancelled while the TPM could not save the session.
    tpm.refuses('ContextSave', TPM_RC.TESTING);
    await client.discard(load, loaded);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    tpm.takeLog();
    assert.equal(handleIn(await client.send(load)), session);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await client.code(policyGetDigest(session)), 0);
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
      const number = handleNumber(session);
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
