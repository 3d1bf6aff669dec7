import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import {
  ACTIVE_SESSION_FIRST,
  handleNumber,
  LOADED_SESSION_FIRST,
  SRK_HANDLE,
  TPM_CC,
  TPM_RC,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import {
  aboutHandle,
  aboutParameter,
  OBJECT_QUOTA,
  SESSION_QUOTA,
} from '../../../../ts-core/domain/tpm20/responses.js';
import {
  authorized,
  blobIn,
  command,
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
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker, TEST_LIMITS } from '../../../support/virtual-tpm20.js';

describe('TPM2_ContextSave, ContextLoad and FlushContext', () => {
  it('save objects as blobs that anybody may load; a loaded object is evicted without saving it again', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client('uid:1001')];
    const created = await first.send(createPrimary());
    const blob = blobIn(await first.send(contextSave(handleIn(created))));
    tpm.log.length = 0;
    for (let number = 0; number < 4; number++) {
      assert.equal(handleIn(await second.send(contextLoad(blob))), TRANSIENT_FIRST + number);
    }
    for (let number = 0; number < 4; number++) {
      const response = await second.send(readPublic(TRANSIENT_FIRST + number));
      assert.equal(readUint32(response, 10), readUint32(created, 14));
    }
    assert.equal(tpm.log.includes(TPM_CC.ContextSave), false);
    tpm.log.length = 0;
    assert.deepEqual(
      blobIn(await second.send(contextSave(TRANSIENT_FIRST))),
      blob,
      'an evicted object has its blob already',
    );
    assert.equal(await first.code(readPublic(handleIn(created))), 0);
  });

  it('with a wrong format get a TPM’s response, and nothing is flushed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    tpm.log.length = 0;
    assert.equal(await other.code(command('FlushContext', [])), aboutParameter(TPM_RC.INSUFFICIENT, 1));
    assert.equal(await other.code(command('FlushContext', [0x80, 0])), aboutParameter(TPM_RC.INSUFFICIENT, 1));
    assert.equal(await other.code(command('FlushContext', [...u32(TRANSIENT_FIRST), 1])), TPM_RC.SIZE);
    assert.equal(await other.code(authorized('FlushContext', [], u32(TRANSIENT_FIRST))), TPM_RC.AUTH_CONTEXT);
    assert.equal(await other.code(command('ContextSave', [])), aboutHandle(TPM_RC.INSUFFICIENT, 0));
    assert.equal(await other.code(command('ContextSave', [...u32(TRANSIENT_FIRST), 1])), TPM_RC.SIZE);
    assert.equal(await other.code(authorized('ContextSave', [TRANSIENT_FIRST], [])), TPM_RC.AUTH_CONTEXT);
    assert.equal(await other.code(authorized('ContextLoad', [], [])), TPM_RC.AUTH_CONTEXT);
    assert.deepEqual(tpm.log, []);
    assert.equal(await owner.code(readPublic(TRANSIENT_FIRST)), 0);
  });

  it('load no session into a context at its limit, and another context can still load the session', async () => {
    const { broker } = await scriptedBroker();
    const [full, other] = [broker.client(), broker.client()];
    for (let number = 0; number < 4; number++) handleIn(await full.send(startAuthSession()));
    assert.equal(await full.code(startAuthSession()), SESSION_QUOTA);
    const handle = handleIn(await other.send(startAuthSession()));
    const blob = blobIn(await other.send(contextSave(handle)));
    assert.equal(await full.code(contextLoad(blob)), SESSION_QUOTA);
    assert.equal(handleIn(await other.send(contextLoad(blob))), handle);
  });

  it('find a session by the low 24 bits of its handle, whatever type the handle has', async () => {
    const { broker, tpm } = await scriptedBroker();
    const client = broker.client();
    const handle = handleIn(await client.send(startAuthSession('policy')));
    await client.send(contextSave(handle));
    assert.equal(
      await broker.client('uid:1001').code(flushContext(LOADED_SESSION_FIRST | handleNumber(handle))),
      aboutParameter(TPM_RC.HANDLE, 1),
    );
    assert.equal(await client.code(flushContext(LOADED_SESSION_FIRST | handleNumber(handle))), 0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('save a session of one context without affecting another context of the user', async () => {
    const { broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const [first, second] = [broker.client(), broker.client()];
    const handle = handleIn(await first.send(startAuthSession()));
    handleIn(await second.send(createPrimary()));
    const other = handleIn(await second.send(startAuthSession()));
    const blob = blobIn(await first.send(contextSave(handle)));
    assert.equal(await second.code(policyGetDigest(other)), 0);
    assert.equal(handleIn(await second.send(contextLoad(blob))), handle);
    assert.equal(await second.code(policyGetDigest(other)), 0);
  });

  it('for handles that are never swapped go to the TPM', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    tpm.takeLog();
    for (const name of ['ContextSave', 'FlushContext'] as const) tpm.refuses(name, TPM_RC.HANDLE);
    await client.send(contextSave(SRK_HANDLE));
    await client.send(flushContext(SRK_HANDLE));
    await client.send(contextLoad(Uint8Array.of(1, 2, 3)));
    assert.deepEqual(tpm.takeLog(), ['ContextSave', 'FlushContext', 'ContextLoad']);
  });

  it('save the current state of an object or session in the TPM, and forget what the TPM has dropped', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    for (const handle of [key, session]) {
      tpm.refuses('ContextSave', TPM_RC.TESTING);
      assert.equal(await client.code(contextSave(handle)), TPM_RC.TESTING);
    }
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 1,
      loadedSessions: 1,
      savedSessions: 0,
    });
    for (const handle of [key, session]) {
      tpm.refuses('ContextSave', TPM_RC.REFERENCE_H0);
      assert.equal(await client.code(contextSave(handle)), TPM_RC.REFERENCE_H0);
    }
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 0,
      loadedSessions: 0,
      savedSessions: 0,
    });
    const missing = [
      TRANSIENT_FIRST + 27,
      TRANSIENT_FIRST + 28,
      ACTIVE_SESSION_FIRST + 0x3f,
      ACTIVE_SESSION_FIRST + 0x40,
    ];
    const codes: number[] = [];
    for (const handle of missing) codes.push(await client.code(contextSave(handle)));
    const [reference, value] = [TPM_RC.REFERENCE_H0, aboutHandle(TPM_RC.VALUE, 0)];
    assert.deepEqual(codes, [reference, value, reference, value]);
  });

  it('ask the TPM to save an object again while it is loaded, and a sequence each time', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    await client.send(contextSave(key));
    tpm.takeLog();
    assert.equal(await client.code(contextSave(key)), 0);
    assert.deepEqual(tpm.takeLog(), ['ContextSave']);
    assert.equal(await client.code(flushContext(key)), 0);
    const sequence = handleIn(await client.send(hashSequenceStart()));
    await client.send(contextSave(sequence));
    await client.send(sequenceUpdate(sequence, [1]));
    tpm.takeLog();
    const blob = blobIn(await client.send(contextSave(sequence)));
    assert.deepEqual(tpm.takeLog(), ['ContextSave']);
    assert.equal(await client.code(flushContext(sequence)), 0);
    const again = handleIn(await client.send(contextLoad(blob)));
    assert.deepEqual(
      broker.virtualizer.resources().map(({ kind }) => kind),
      ['sequence'],
      'a loaded sequence is one too',
    );
    assert.equal(readUint32(await client.send(sequenceComplete(again, [])), 10), 1, 'with its state');
  });

  it('load no object beyond the quota, and pass on the TPM’s error for an invalid one', async () => {
    const { broker } = await scriptedBroker({}, { ...TEST_LIMITS, resourcesPerContext: 1 });
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const blob = blobIn(await client.send(contextSave(key)));
    assert.equal(await client.code(contextLoad(blob)), OBJECT_QUOTA);
    assert.equal(await client.code(flushContext(key)), 0);
    const broken = blob.slice();
    broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
    assert.equal(await client.code(contextLoad(broken)), aboutParameter(TPM_RC.INTEGRITY, 1));
    assert.equal(broker.virtualizer.counts(client.contextId).transient, 0);
    assert.equal(await client.code(contextLoad(blob)), 0);
  });

  it('leave a cut-off blob to the TPM, which reports what is wrong with it, even if there is no room', async () => {
    const { tpm, broker } = await scriptedBroker({}, { ...TEST_LIMITS, resourcesPerContext: 1 });
    const [client, other] = [broker.client(), broker.client()];
    const blobs = [
      blobIn(await client.send(contextSave(handleIn(await client.send(startAuthSession()))))),
      blobIn(await client.send(contextSave(handleIn(await client.send(createPrimary()))))),
    ];
    for (const who of [client, other]) {
      for (const blob of blobs) {
        tpm.takeLog();
        assert.equal(await who.code(contextLoad(blob.subarray(0, -1))), aboutParameter(TPM_RC.INSUFFICIENT, 1));
        assert.deepEqual(tpm.takeLog(), ['ContextLoad']);
      }
    }
  });

  it('create nothing from an error response, whatever follows its code', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const blob = blobIn(await client.send(contextSave(key)));
    tpm.answers('ContextLoad', TPM_RC.FAILURE, u32(TRANSIENT_FIRST + 1));
    assert.equal(await client.code(contextLoad(blob)), TPM_RC.FAILURE);
    assert.equal(broker.virtualizer.counts(client.contextId).transient, 1);
  });

  it('load a session only from its user’s current blob', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client('uid:1001')];
    const session = handleIn(await client.send(startAuthSession()));
    const stale = blobIn(await client.send(contextSave(session)));
    assert.equal(await client.code(contextLoad(stale)), 0);
    assert.equal(await client.code(contextLoad(stale)), aboutParameter(TPM_RC.HANDLE, 1), 'it is loaded');
    const blob = blobIn(await client.send(contextSave(session)));
    tpm.takeLog();
    assert.equal(await client.code(contextLoad(stale)), aboutParameter(TPM_RC.HANDLE, 1), 'an older save');
    assert.equal(await other.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1), 'another user');
    const broken = blob.slice();
    broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
    assert.equal(await client.code(contextLoad(broken)), aboutParameter(TPM_RC.INTEGRITY, 1));
    assert.deepEqual(tpm.takeLog(), [], 'none of them reaches the TPM');
    assert.equal(await client.code(contextLoad(blob)), 0);
  });

  it('keep a saved session that the TPM cannot load now, and forget one that it will never load', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    tpm.refuses('ContextLoad', TPM_RC.TESTING);
    assert.equal(await client.code(contextLoad(blob)), TPM_RC.TESTING);
    assert.equal(broker.virtualizer.counts(client.contextId).savedSessions, 1);
    tpm.refuses('ContextLoad', TPM_RC.INTEGRITY);
    assert.equal(await client.code(contextLoad(blob)), TPM_RC.INTEGRITY);
    assert.equal(broker.virtualizer.counts(client.contextId).savedSessions, 0);
    assert.equal(await client.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
  });

  it('flush an object wherever it is, but no other context’s', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1 });
    const [client, other] = [broker.client(), broker.client()];
    const [evicted, resident] = [
      handleIn(await client.send(createPrimary())),
      handleIn(await client.send(createPrimary())),
    ];
    assert.equal(await other.code(flushContext(resident)), aboutParameter(TPM_RC.HANDLE, 1));
    assert.equal(await other.code(flushContext(TRANSIENT_FIRST + 28)), aboutParameter(TPM_RC.VALUE, 1));
    tpm.takeLog();
    assert.equal(await client.code(flushContext(evicted)), 0);
    assert.deepEqual(tpm.takeLog(), [], 'it was not in the TPM');
    assert.equal(await client.code(flushContext(resident)), 0);
    assert.deepEqual(tpm.takeLog(), ['FlushContext']);
    assert.equal(await client.code(flushContext(resident)), aboutParameter(TPM_RC.HANDLE, 1));
  });

  it('flush a session that is loaded in the context or saved by its user, and no other', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [client, sibling, other] = [broker.client(), broker.client(), broker.client('uid:1001')];
    const loaded = handleIn(await client.send(startAuthSession()));
    const saved = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(saved));
    assert.equal(await sibling.code(flushContext(loaded)), aboutParameter(TPM_RC.HANDLE, 1), 'loaded elsewhere');
    assert.equal(await other.code(flushContext(saved)), aboutParameter(TPM_RC.HANDLE, 1), 'another user’s');
    assert.equal(
      await other.code(flushContext(ACTIVE_SESSION_FIRST + 0x3e)),
      aboutParameter(TPM_RC.HANDLE, 1),
      'nobody’s',
    );
    assert.equal(await sibling.code(flushContext(saved)), 0);
    assert.equal(await client.code(flushContext(loaded)), 0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('report the TPM’s error if it cannot flush a session', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    tpm.refuses('FlushContext', TPM_RC.TESTING);
    assert.equal(await client.code(flushContext(session)), TPM_RC.TESTING);
  });
});
