import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter, refusal } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  flushContext,
  getRandom,
  handleIn,
  policyGetDigest,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 sessions and the context gap', () => {
  it('leave a caller’s saved blob valid through any number of context gaps, once', async () => {
    const { broker } = await scriptedBroker({ gapMax: 8 });
    const keeper = broker.client();
    const kept: { handle: number; blob: Uint8Array; digest: Uint8Array }[] = [];
    for (let number = 0; number < 4; number++) {
      const handle = handleIn(await keeper.send(startAuthSession()));
      const digest = await keeper.send(policyGetDigest(handle));
      kept.push({ handle, digest, blob: blobIn(await keeper.send(contextSave(handle))) });
    }
    const busy = broker.client('uid:1001');
    for (let round = 0; round < 300; round++) {
      const handle = handleIn(await busy.send(startAuthSession('hmac')));
      const blob = blobIn(await busy.send(contextSave(handle)));
      assert.equal(handleIn(await busy.send(contextLoad(blob))), handle);
      assert.equal(await busy.code(flushContext(handle)), 0);
    }
    for (const { handle, blob, digest } of kept) {
      assert.equal(handleIn(await keeper.send(contextLoad(blob))), handle);
      assert.deepEqual(await keeper.send(policyGetDigest(handle)), digest);
      assert.equal(await keeper.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
    }
  });

  it('repair a gap that prevents starting or loading a session', async () => {
    const { broker, tpm } = await scriptedBroker({ gapMax: 12, sessionSlots: 2 });
    const clients = [broker.client(), broker.client('uid:1001'), broker.client('uid:1002')];
    const sessions: { client: (typeof clients)[number]; handle: number }[] = [];
    for (const client of clients) {
      for (let number = 0; number < 3; number++) {
        sessions.push({ client, handle: handleIn(await client.send(startAuthSession())) });
      }
    }
    for (let round = 0; round < 50; round++) {
      for (const { client, handle } of sessions) assert.equal(await client.code(policyGetDigest(handle)), 0);
    }
    assert.ok(tpm.loadedSessions().length <= 2);
  });

  it('are saved after the oldest saved session is repaired, if a gap prevents saving', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const blob = blobIn(await client.send(contextSave(handleIn(await client.send(startAuthSession())))));
    const session = handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextSave', TPM_RC.CONTEXT_GAP);
    tpm.takeLog();
    await broker.run(() => broker.virtualizer.suspend());
    assert.deepEqual(tpm.takeLog(), ['ContextSave', 'ContextLoad', 'ContextSave', 'ContextSave']);
    assert.equal(await client.code(policyGetDigest(session)), 0);
    assert.equal(await client.code(contextLoad(blob)), 0);
  });

  it('are saved after every other one has been found void, if a gap prevents saving until then', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 2; number++) {
      await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    }
    const session = handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextSave', TPM_RC.CONTEXT_GAP, 2);
    tpm.refuses('ContextLoad', TPM_RC.INTEGRITY, 2);
    await broker.run(() => broker.virtualizer.suspend());
    assert.deepEqual([tpm.loadedSessions().length, broker.virtualizer.resources().length], [0, 1]);
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('stay in the TPM if a gap prevents saving even after each of the others was repaired', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 2; number++) {
      await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    }
    const session = handleIn(await client.send(startAuthSession()));
    const transmit = tpm.transmit.bind(tpm);
    let refused = 0;
    tpm.transmit = (bytes) => {
      if (readUint32(bytes, 6) !== TPM_CC.ContextSave || readUint32(bytes, 10) !== session) return transmit(bytes);
      refused++;
      return refusal(TPM_RC.CONTEXT_GAP);
    };
    await broker.run(() => broker.virtualizer.suspend());
    assert.deepEqual([refused, tpm.loadedSessions().length], [3, 1]);
    assert.equal(await client.code(policyGetDigest(session)), 0);
    tpm.refuses('StartAuthSession', TPM_RC.SESSION_MEMORY);
    tpm.takeLog();
    assert.equal(await client.code(startAuthSession()), TPM_RC.SESSION_MEMORY, 'and make no room');
  });

  it('stay in the TPM if it has loaded them for a repair and cannot save them again', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    await broker.run(() => broker.virtualizer.suspend());
    tpm.refuses('GetRandom', TPM_RC.CONTEXT_GAP);
    tpm.refuses('ContextSave', TPM_RC.TESTING);
    assert.equal(responseCodeOf(await client.exchange(getRandom(8))), 0);
    assert.equal(tpm.loadedSessions().length, 1);
    tpm.takeLog();
    assert.equal(await client.code(policyGetDigest(session)), 0);
    assert.deepEqual(tpm.takeLog(), ['PolicyGetDigest']);
  });

  it('are not saved if there is no saved session whose repair could help', async () => {
    const { tpm, broker } = await scriptedBroker({ sessionSlots: 1 });
    const client = broker.client();
    handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextSave', TPM_RC.CONTEXT_GAP);
    assert.equal(await client.code(startAuthSession()), TPM_RC.SESSION_MEMORY);
  });

  it('pass the TPM’s error on to the caller if there are none to repair', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(startAuthSession()));
    tpm.refuses('GetRandom', TPM_RC.CONTEXT_GAP);
    tpm.takeLog();
    assert.equal(responseCodeOf(await client.exchange(getRandom(8))), TPM_RC.CONTEXT_GAP);
    assert.deepEqual(tpm.takeLog(), ['GetRandom']);
  });

  it('end if their saved context cannot be loaded to repair a gap, and wait if the TPM cannot load it now', async () => {
    const { tpm, broker } = await scriptedBroker({ sessionSlots: 2 });
    const client = broker.client();
    for (let number = 0; number < 3; number++) await client.send(startAuthSession());
    tpm.refuses('GetRandom', TPM_RC.CONTEXT_GAP, 2);
    tpm.refuses('ContextLoad', TPM_RC.TESTING);
    assert.equal(responseCodeOf(await client.exchange(getRandom(8))), TPM_RC.CONTEXT_GAP);
    assert.equal(broker.virtualizer.counts(client.contextId).loadedSessions, 3);
    tpm.refuses('ContextLoad', TPM_RC.INTEGRITY);
    assert.equal(responseCodeOf(await client.exchange(getRandom(8))), 0);
    assert.equal(broker.virtualizer.counts(client.contextId).loadedSessions, 2);
  });
});
