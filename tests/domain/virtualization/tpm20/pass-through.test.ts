import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { SRK_HANDLE, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandAreas } from '../../../../ts-core/domain/tpm20/command-shape.js';
import {
  blobIn,
  CONTINUE_SESSION,
  certify,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  eventSequenceComplete,
  flushContext,
  getRandom,
  getRandomWithSession,
  handleIn,
  handleListIn,
  hashSequenceStart,
  hmacStart,
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

  it('leave a saved session where it is if it was loaded again before its saving was cancelled', async () => {
    const { broker } = await scriptedBroker();
    const [client, sibling] = [broker.client(), broker.client()];
    const session = handleIn(await client.send(startAuthSession()));
    const save = contextSave(session);
    const saved = await client.send(save);
    await sibling.send(contextLoad(blobIn(saved)));
    await client.discard(save, saved);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    assert.equal(await sibling.code(policyGetDigest(session)), 0);
  });

  it('have nothing to undo in the TPM if what they created or saved is an object outside it, or is gone', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1 });
    const client = broker.client();
    const create = createPrimary();
    const created = await client.send(create);
    const key = handleIn(created);
    handleIn(await client.send(createPrimary()));
    const save = contextSave(key);
    const saved = await client.send(save);
    const start = startAuthSession();
    const started = await client.send(start);
    await client.send(flushContext(handleIn(started)));
    tpm.takeLog();
    await client.discard(save, saved);
    assert.equal(broker.virtualizer.counts(client.contextId).transient, 2);
    await client.discard(create, created);
    assert.equal(broker.virtualizer.counts(client.contextId).transient, 1);
    await client.discard(start, started);
    assert.deepEqual(tpm.takeLog(), []);
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

  it('give up after a bounded number of rounds with a TPM that always reports a context gap', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    tpm.refuses('GetRandom', TPM_RC.CONTEXT_GAP, 1000);
    tpm.takeLog();
    assert.equal(responseCodeOf(await client.exchange(getRandom(8))), TPM_RC.CONTEXT_GAP);
    const sent = tpm.takeLog().filter((name) => name === 'GetRandom').length;
    assert.ok(sent > 100 && sent <= 200, `sent ${sent} times`);
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

  it('reach the object that each of their handles stands for', async () => {
    const { broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client()];
    handleIn(await other.send(createPrimary()));
    const [first, second] = [await client.send(createPrimary()), await client.send(createPrimary())];
    const tags = [readUint32(second, 14), readUint32(first, 14)];
    const bytes = certify(handleIn(second), handleIn(first));
    const before = bytes.slice();
    for (const certified of [await client.send(bytes), await client.exchange(bytes)]) {
      assert.deepEqual([readUint32(certified, 10), readUint32(certified, 14)], tags);
      assert.deepEqual(bytes, before);
    }
  });

  it('make the sessions that they use the last ones to be evicted, behind a password too', async () => {
    for (const use of [
      (session: number) => policyGetDigest(session),
      (session: number) => sign(TRANSIENT_FIRST, [{}, { session, attributes: CONTINUE_SESSION }]),
    ]) {
      const { broker } = await scriptedBroker({ sessionSlots: 2 });
      const client = broker.client();
      handleIn(await client.send(createPrimary()));
      const [first, second] = [
        handleIn(await client.send(startAuthSession('hmac'))),
        handleIn(await client.send(startAuthSession('hmac'))),
      ];
      assert.equal(responseCodeOf(await client.exchange(use(first))), 0);
      handleIn(await client.send(startAuthSession()));
      const need = (session: number) => broker.virtualizer.swapNeed(client.contextId, policyGetDigest(session));
      assert.deepEqual([need(first), need(second)], ['resident', 'swap']);
    }
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

  it('report the place of the object or session that can no longer be loaded', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const [key, signer] = [handleIn(await client.send(createPrimary())), handleIn(await client.send(createPrimary()))];
    const [first, second] = [
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
    ];
    await broker.run(() => broker.virtualizer.suspend());
    await client.send(readPublic(key));
    await client.send(getRandomWithSession(first, CONTINUE_SESSION));
    tpm.refuses('ContextLoad', TPM_RC.INTEGRITY, 2);
    assert.equal(await client.code(certify(key, signer)), TPM_RC.REFERENCE_H1);
    const both = sign(key, [{ session: first, attributes: CONTINUE_SESSION }, { session: second }]);
    assert.equal(await client.code(both), TPM_RC.REFERENCE_S1);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 1,
      loadedSessions: 1,
      savedSessions: 0,
    });
  });
});

describe('TPM 2.0 commands that the TPM has answered', () => {
  it('end a session exactly if they succeed with continueSession clear', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const loaded = () => broker.virtualizer.counts(client.contextId).loadedSessions;
    const [lasting, failing, ending] = [
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
    ];
    const send = (session: number, attributes: number) => client.exchange(getRandomWithSession(session, attributes));
    await send(lasting, CONTINUE_SESSION);
    tpm.refuses('GetRandom', TPM_RC.FAILURE);
    await send(failing, 0);
    assert.equal(loaded(), 3);
    await send(ending, 0);
    assert.equal(loaded(), 2);
    assert.equal(await client.code(policyGetDigest(lasting)), 0);
    assert.equal(await client.code(policyGetDigest(failing)), 0);
  });

  it('forget the handles and sessions that the TPM reports as not loaded', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const policy = handleIn(await client.send(startAuthSession()));
    const hmac = handleIn(await client.send(startAuthSession('hmac')));
    tpm.transmit(flushContext(tpm.objects.keys().next().value as number));
    for (const handle of [policy, hmac]) tpm.transmit(flushContext(handle));
    tpm.takeLog();
    assert.equal(await client.code(readPublic(key)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(policyGetDigest(policy)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(getRandomWithSession(hmac, 0)), TPM_RC.REFERENCE_S0);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 0,
      loadedSessions: 0,
      savedSessions: 0,
    });
    tpm.takeLog();
    assert.equal(await client.code(readPublic(key)), TPM_RC.REFERENCE_H0);
    assert.deepEqual(tpm.takeLog(), [], 'the second time without asking the TPM');
  });

  it('keep an object that the TPM dropped if its saved context can be loaded', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    await client.send(contextSave(key));
    tpm.transmit(flushContext(tpm.objects.keys().next().value as number));
    assert.equal(await client.code(readPublic(key)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(readPublic(key)), 0);
  });

  it('forget nothing but what the TPM reports, by its place among the handles or among the sessions', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const [key, signer, third] = [
      handleIn(await client.send(createPrimary())),
      handleIn(await client.send(createPrimary())),
      handleIn(await client.send(createPrimary())),
    ];
    const [first, second] = [
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
    ];
    const held = () => broker.virtualizer.resources().map(({ virtualHandle }) => virtualHandle);
    const lose = async (name: 'Certify' | 'Sign', lost: number, bytes: Uint8Array) => {
      tpm.refuses(name, lost);
      assert.equal(responseCodeOf(await client.exchange(bytes)), lost);
      return held();
    };
    assert.deepEqual(await lose('Certify', TPM_RC.REFERENCE_H1, certify(key, signer)), [key, third, first, second]);
    const both = sign(
      key,
      [first, second].map((session) => ({ session, attributes: CONTINUE_SESSION })),
    );
    assert.deepEqual(await lose('Sign', TPM_RC.REFERENCE_S1, both), [key, third, first]);
    const one = sign(key, [{ session: first, attributes: CONTINUE_SESSION }]);
    assert.deepEqual(await lose('Sign', TPM_RC.REFERENCE_S2, one), [key, third, first], 'no such session');
    assert.deepEqual(await lose('Sign', TPM_RC.REFERENCE_H1, one), [key, third, first], 'no such handle');
    assert.deepEqual(await lose('Sign', TPM_RC.REFERENCE_H0, one), [third, first]);
  });

  it('create nothing if a response has no handle, or one of another type', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (const body of [[], u32(TRANSIENT_FIRST).slice(0, 2), u32(SRK_HANDLE)]) {
      tpm.answers('CreatePrimary', TPM_RC.SUCCESS, body);
      assert.deepEqual(
        [...(await client.send(createPrimary())).subarray(10)],
        body,
        'the caller sees what the TPM sent',
      );
      assert.deepEqual(broker.virtualizer.resources(), []);
    }
  });

  it('flush the sequence behind the PCR of EventSequenceComplete', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const sequence = handleIn(await client.send(hashSequenceStart()));
    assert.equal(await client.code(eventSequenceComplete(20, sequence, [])), 0);
    assert.deepEqual([tpm.objects.size, broker.virtualizer.resources()], [0, []]);
  });

  it('start sequences, whose saved context is void once they are used', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    await client.send(hmacStart(key));
    await client.send(hashSequenceStart());
    assert.deepEqual(
      broker.virtualizer.resources().map(({ kind }) => kind),
      ['transient', 'sequence', 'sequence'],
    );
  });
});
