import assert from 'node:assert/strict';
import fc from 'fast-check';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandAreas } from '../../../../ts-core/domain/tpm20/command-shape.js';
import {
  blobIn,
  CONTINUE_SESSION,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  getRandom,
  getRandomWithSession,
  handleIn,
  handleListIn,
  hashSequenceStart,
  listHandles,
  policyGetDigest,
  readPublic,
  sign,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 commands that are passed through', () => {
  it('are undone if their caller has cancelled them: created resources are flushed, saved and loaded sessions restored', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const discard = (sent: Uint8Array, response: Uint8Array) =>
      broker.run(() => broker.virtualizer.discard(client.contextId, sent, response));

    const create = createPrimary();
    await discard(create, await client.send(create));
    const sequence = hashSequenceStart();
    await discard(sequence, await client.send(sequence));
    assert.equal(tpm.objects.size, 0);
    const start = startAuthSession();
    await discard(start, await client.send(start));
    assert.equal(tpm.sessions.size, 0);

    const session = handleIn(await client.send(startAuthSession()));
    const save = contextSave(session);
    await discard(save, await client.send(save));
    assert.equal(await client.code(policyGetDigest(session)), 0, 'still loaded for its caller');

    const blob = blobIn(await client.send(contextSave(session)));
    const load = contextLoad(blob);
    await discard(load, await client.send(load));
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    assert.equal(handleIn(await client.send(contextLoad(blob))), session, 'the blob is still good');
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('are not sent if they are malformed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 60 }), async (body) => {
        const bytes = command('Sign', [...u32(TRANSIENT_FIRST), ...body]);
        bytes[1] = 2;
        const fault = new CommandAreas().read(bytes, 1);
        tpm.log.length = 0;
        const response = await client.send(bytes);
        if (fault !== 0) assert.deepEqual([responseCodeOf(response), tpm.log], [fault, []]);
      }),
    );
    assert.deepEqual(handleListIn(await client.send(listHandles(TRANSIENT_FIRST, 9))).handles, [TRANSIENT_FIRST]);
  });

  it('are sent again up to three times if the TPM responds with RETRY', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const execute = async () => responseCodeOf(await client.exchange(getRandom(8)));
    tpm.refuses('GetRandom', TPM_RC.RETRY, 3);
    assert.equal(await execute(), 0);
    tpm.refuses('GetRandom', TPM_RC.RETRY, 4);
    tpm.takeLog();
    assert.equal(await execute(), TPM_RC.RETRY);
    assert.equal(tpm.takeLog().length, 4);
  });

  it('give up after a bounded number of rounds with a TPM that always lacks room', async () => {
    const { tpm, broker } = await scriptedBroker({ sessionSlots: 2 });
    const client = broker.client();
    for (let number = 0; number < 4; number++) await client.send(startAuthSession());
    tpm.refuses('GetRandom', TPM_RC.CONTEXT_GAP, 1000);
    assert.equal(await client.code(getRandom(8)), TPM_RC.CONTEXT_GAP);
    assert.ok(tpm.log.length < 1000, `${tpm.log.length} commands`);
  });

  it('make room for objects or sessions, whichever the TPM lacks', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    const sent = async (code: number) => {
      tpm.refuses('GetRandom', code);
      tpm.takeLog();
      return [
        responseCodeOf(await client.exchange(getRandom(8))),
        ...tpm.takeLog().filter((name) => name !== 'GetRandom'),
      ];
    };
    assert.deepEqual(await sent(TPM_RC.OBJECT_MEMORY), [0, 'ContextSave', 'FlushContext'], 'the object');
    assert.deepEqual(await sent(TPM_RC.OBJECT_HANDLES), [TPM_RC.OBJECT_HANDLES], 'no object is left to evict');
    assert.deepEqual(await sent(TPM_RC.MEMORY), [0, 'ContextSave'], 'the session');
    assert.deepEqual(await sent(TPM_RC.SESSION_MEMORY), [TPM_RC.SESSION_MEMORY]);
    assert.deepEqual(
      await sent(TPM_RC.CONTEXT_GAP),
      [0, 'ContextLoad', 'ContextSave'],
      'the oldest session is saved anew',
    );
    assert.deepEqual(await sent(TPM_RC.LOCKOUT), [TPM_RC.LOCKOUT], 'no matter of room');
  });

  it('load the evicted objects and sessions that they use first', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 2, sessionSlots: 2 });
    const client = broker.client();
    const keys: number[] = [];
    const sessions: number[] = [];
    for (let number = 0; number < 3; number++) {
      keys.push(handleIn(await client.send(createPrimary())));
      sessions.push(handleIn(await client.send(startAuthSession('hmac'))));
    }
    const bytes = sign(keys[0] as number, [{ session: sessions[0] as number, attributes: CONTINUE_SESSION }]);
    const before = bytes.slice();
    tpm.takeLog();
    assert.equal(await client.code(bytes), 0);
    assert.deepEqual(tpm.takeLog(), [
      ...['ContextLoad', 'ContextSave', 'FlushContext', 'ContextLoad'],
      ...['ContextLoad', 'ContextSave', 'ContextLoad'],
      'Sign',
    ]);
    assert.deepEqual(bytes, before, 'the caller’s command has its own handles again');
  });

  it('return a warning of the TPM while loading to the caller, who may try again', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    tpm.refuses('ContextLoad', TPM_RC.TESTING);
    assert.equal(await client.code(readPublic(key)), TPM_RC.TESTING);
    tpm.refuses('ContextLoad', TPM_RC.TESTING);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.TESTING);
    assert.equal(await client.code(readPublic(key)), 0);
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('report that an object or session is missing if it can no longer be loaded', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const policy = handleIn(await client.send(startAuthSession()));
    const hmac = handleIn(await client.send(startAuthSession('hmac')));
    handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    for (const bytes of [readPublic(key), policyGetDigest(policy)]) {
      tpm.refuses('ContextLoad', TPM_RC.INTEGRITY);
      assert.equal(await client.code(bytes), TPM_RC.REFERENCE_H0);
      assert.equal(await client.code(bytes), TPM_RC.REFERENCE_H0, 'for good');
    }
    tpm.refuses('ContextLoad', TPM_RC.INTEGRITY);
    assert.equal(await client.code(getRandomWithSession(hmac, 0)), TPM_RC.REFERENCE_S0);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 1,
      loadedSessions: 1,
      savedSessions: 0,
    });
  });
});
