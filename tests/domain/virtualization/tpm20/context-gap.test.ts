import assert from 'node:assert/strict';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
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

  it('are not saved if there is no saved session whose repair could help', async () => {
    const { tpm, broker } = await scriptedBroker({ sessionSlots: 1 });
    const client = broker.client();
    handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextSave', TPM_RC.CONTEXT_GAP);
    assert.equal(await client.code(startAuthSession()), TPM_RC.SESSION_MEMORY);
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
