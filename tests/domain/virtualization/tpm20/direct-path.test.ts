import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import {
  LOADED_SESSION_FIRST,
  TPM_CAP,
  TPM_PT,
  TPM_RC,
  TPM_RH,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import { refusal, success } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  authorized,
  blobIn,
  CONTINUE_SESSION,
  certify,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getRandom,
  getRandomWithSession,
  handleIn,
  listHandles,
  listProperties,
  policyGetDigest,
  sequenceComplete,
  sign,
  startAuthSession,
  startup,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('the direct path of TPM 2.0', () => {
  it('sends commands without handles, or with resident ones, in place and without an exchange', async () => {
    const { broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    const bytes = sign(TRANSIENT_FIRST);
    const { direct } = broker.virtualizer;
    const physical = direct.begin(second.contextId, bytes);
    assert.equal(physical, bytes, 'the command’s own buffer');
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST + 1);
    direct.failed();
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST, 'the caller’s handle is restored');
    assert.equal(direct.begin(second.contextId, createPrimary()), null);
    assert.equal(await second.code(sign(TRANSIENT_FIRST)), 0, 'the tables are compared and work goes on');
    assert.notEqual(direct.begin(second.contextId, listProperties(TPM_PT.FIXED, 1)), null);
  });

  it('leaves everything else to an exchange', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(createPrimary()));
    const { direct } = broker.virtualizer;
    for (const refused of [
      sign(TRANSIENT_FIRST),
      sign(TRANSIENT_FIRST + 9),
      startup(),
      flushContext(TRANSIENT_FIRST),
      listHandles(TRANSIENT_FIRST, 9),
      startAuthSession(),
      command(0x999, []),
    ]) {
      assert.equal(direct.begin(client.contextId, refused), null);
    }
  });

  it('loads, saves and starts nothing: everything needed must be resident', async () => {
    const { broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const [client, other] = [broker.client(), broker.client()];
    const { direct } = broker.virtualizer;
    const begins = (bytes: Uint8Array) => {
      const physical = direct.begin(client.contextId, bytes.slice());
      if (physical !== null) direct.complete(refusal(TPM_RC.FAILURE));
      return physical !== null;
    };
    const evicted = handleIn(await client.send(startAuthSession('hmac')));
    const key = handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession('hmac')));
    const theirs = handleIn(await other.send(startAuthSession('hmac')));
    assert.equal(await client.code(getRandomWithSession(session, CONTINUE_SESSION)), 0);
    assert.ok(begins(getRandom(8)));
    assert.ok(begins(getRandomWithSession(session, CONTINUE_SESSION)));
    assert.ok(begins(policyGetDigest(session)));
    assert.ok(begins(sign(key, [{ session }])));
    assert.ok(begins(sign(key)), 'a password session is none that is loaded');
    assert.ok(begins(authorized('SetPrimaryPolicy', [TPM_RH.ENDORSEMENT], [])), 'a permanent handle');
    for (const missing of [evicted, theirs]) {
      assert.ok(!begins(policyGetDigest(missing)));
      assert.ok(!begins(getRandomWithSession(missing, CONTINUE_SESSION)));
      assert.ok(!begins(sign(key, [{ session }, { session: missing }])));
    }
    assert.ok(!begins(sequenceComplete(key, [])), 'it flushes');
    assert.ok(!begins(contextSave(key)));
    assert.ok(!begins(sign(key).subarray(0, 12)), 'cut off');
    assert.equal(direct.begin(99, getRandom(8)), null, 'no such context');
  });

  it('leaves GetCapability to an exchange if it asks for handles, has sessions, or is truncated', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession('hmac')));
    const { direct } = broker.virtualizer;
    const begins = (bytes: Uint8Array) => direct.begin(client.contextId, bytes) !== null;
    assert.ok(begins(listProperties(TPM_PT.FIXED)));
    assert.ok(begins(command('GetCapability', u32(TPM_CAP.TPM_PROPERTIES))));
    assert.ok(!begins(command('GetCapability', [0, 0, 0])));
    assert.ok(!begins(listHandles(TRANSIENT_FIRST)));
    assert.ok(!begins(authorized('GetCapability', [], [], [{ session, attributes: CONTINUE_SESSION }])));
  });

  it('takes nothing over from an earlier command that it has left to an exchange', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const { direct } = broker.virtualizer;
    const missing = TRANSIENT_FIRST + 9;
    for (const bytes of [getRandom(8), sign(key), certify(key, key)]) {
      const before = bytes.slice();
      for (const refused of [certify(key, missing), sign(key, [{ session: LOADED_SESSION_FIRST + 9 }])]) {
        assert.equal(direct.begin(client.contextId, refused), null);
        assert.equal(direct.begin(client.contextId, bytes), bytes);
        assert.deepEqual(bytes, before, 'the only object has the same handle in the TPM');
        assert.notEqual(direct.complete(success()), null);
        assert.deepEqual(bytes, before);
      }
    }
  });

  it('replaces each of several handles, and restores them', async () => {
    const { broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client()];
    handleIn(await other.send(createPrimary()));
    const [key, signer] = [handleIn(await client.send(createPrimary())), handleIn(await client.send(createPrimary()))];
    const bytes = certify(signer, key);
    const before = bytes.slice();
    const { direct } = broker.virtualizer;
    direct.begin(client.contextId, bytes);
    assert.deepEqual([readUint32(bytes, 10), readUint32(bytes, 14)], [signer + 1, key + 1]);
    direct.complete(success());
    assert.deepEqual(bytes, before);
  });

  it('changes no response but that of GetCapability', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const question = [...u32(TPM_CAP.TPM_PROPERTIES), ...u32(TPM_PT.CONTEXT_GAP_MAX), ...u32(1)];
    const list = [0, ...u32(TPM_CAP.TPM_PROPERTIES), ...u32(1), ...u32(TPM_PT.CONTEXT_GAP_MAX), ...u32(255)];
    const { direct } = broker.virtualizer;
    const answered = (name: 'GetCapability' | 'GetRandom') => {
      direct.begin(client.contextId, command(name, question));
      return readUint32(direct.complete(success(Uint8Array.from(list))) as Uint8Array, 23);
    };
    assert.deepEqual([answered('GetCapability'), answered('GetRandom')], [0xffffffff, 255]);
  });

  it('ends the sessions whose continueSession is clear if the command succeeds', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const [lasting, first, second] = [
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
      handleIn(await client.send(startAuthSession('hmac'))),
    ];
    const bytes = authorized(
      'GetRandom',
      [],
      [0, 8],
      [{ session: lasting, attributes: CONTINUE_SESSION }, { session: first }, { session: second }],
    );
    const { direct } = broker.virtualizer;
    assert.notEqual(direct.begin(client.contextId, bytes), null);
    direct.complete(refusal(TPM_RC.FAILURE));
    assert.equal(broker.virtualizer.counts(client.contextId).loadedSessions, 3);
    assert.notEqual(direct.begin(client.contextId, bytes), null);
    direct.complete(success());
    assert.equal(broker.virtualizer.counts(client.contextId).loadedSessions, 1);
    assert.notEqual(direct.begin(client.contextId, policyGetDigest(lasting)), null);
  });

  it('returns a response, or leaves the command to an exchange that can make room or load what was lost', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    const { direct } = broker.virtualizer;
    const answered = (code: number) => {
      direct.begin(client.contextId, getRandom(8));
      return direct.complete(refusal(code)) !== null;
    };
    const left = Object.entries(TPM_RC).flatMap(([name, code]) => (answered(code) ? [] : [name]));
    assert.deepEqual(left, [
      ...['CONTEXT_GAP', 'OBJECT_MEMORY', 'SESSION_MEMORY', 'MEMORY', 'SESSION_HANDLES', 'OBJECT_HANDLES'],
      ...[0, 1, 2, 3, 4, 5, 6].map((position) => `REFERENCE_H${position}`),
      ...[0, 1, 2, 3, 4, 5, 6].map((position) => `REFERENCE_S${position}`),
      'RETRY',
    ]);
  });

  it('never completes twice, and restores the handles of all objects', async () => {
    const { broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    const bytes = sign(TRANSIENT_FIRST);
    const { direct } = broker.virtualizer;
    direct.begin(second.contextId, bytes);
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST + 1);
    assert.notEqual(direct.complete(success()), null);
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST);
    assert.equal(direct.complete(success()), null);
    direct.failed();
    assert.equal(direct.begin(second.contextId, bytes), null, 'the tables must be compared first');
  });
});

describe('whether a TPM 2.0 command needs a swap', () => {
  it('is known for objects without marking them as used', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    const need = (client: typeof first, bytes: Uint8Array) => broker.virtualizer.swapNeed(client.contextId, bytes);
    for (let number = 0; number < 3; number++) handleIn(await first.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(second, createPrimary()), 'none', 'nothing is known of a limit yet');
    handleIn(await second.send(createPrimary()));
    // The TPM has three slots: the first object was evicted, and now replaces the second.
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'swap');
    assert.equal(await first.code(sign(TRANSIENT_FIRST)), 0);
    tpm.log.length = 0;
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(first, sign(TRANSIENT_FIRST + 1)), 'swap');
    assert.equal(need(second, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(second, sign(TRANSIENT_FIRST + 1)), 'none', 'not there at all');
    assert.equal(need(second, getRandom(8)), 'none');
    assert.equal(need(second, command(0x999, [])), 'none', 'no such command');
    assert.equal(need(second, createPrimary()), 'swap', 'needs another’s slot');
    assert.equal(need(second, startAuthSession()), 'none');
    assert.equal(need(first, flushContext(TRANSIENT_FIRST)), 'resident', 'frees a slot');
    assert.equal(need(first, flushContext(TRANSIENT_FIRST + 1)), 'none');
    assert.equal(need(first, contextSave(TRANSIENT_FIRST + 1)), 'none', 'is saved already');
    assert.equal(need(first, command('FlushContext', u32(TRANSIENT_FIRST).slice(0, 3))), 'none', 'cut off');
    assert.equal(need(first, Uint8Array.of(0x80, 0x02, 0, 0, 0, 10, 0, 0, 1, 0x5d)), 'none', 'malformed');
    assert.deepEqual(tpm.log, []);
    // If the question counted as a use, another object than the least recently used one would be evicted now.
    handleIn(await second.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT_FIRST + 2)), 'swap');
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
  });

  it('is known for sessions, including the loading of a saved one', async () => {
    const { broker, tpm } = await scriptedBroker({ sessionSlots: 2 });
    const [first, second] = [broker.client(), broker.client()];
    const need = (client: typeof first, bytes: Uint8Array) => broker.virtualizer.swapNeed(client.contextId, bytes);
    const handles: number[] = [];
    for (let number = 0; number < 3; number++) handles.push(handleIn(await first.send(startAuthSession())));
    const [oldest, middle, newest] = handles as [number, number, number];
    assert.equal(need(first, policyGetDigest(oldest)), 'swap');
    await first.send(policyGetDigest(oldest));
    tpm.log.length = 0;
    assert.equal(need(first, policyGetDigest(middle)), 'swap');
    assert.equal(need(first, policyGetDigest(newest)), 'resident');
    assert.equal(need(second, policyGetDigest(newest)), 'none', 'another context’s');
    assert.equal(need(second, startAuthSession()), 'swap');
    assert.deepEqual(tpm.log, []);
    const key = handleIn(await first.send(createPrimary()));
    const signed = (...used: number[]) =>
      sign(
        key,
        used.map((session) => ({ session })),
      );
    assert.equal(need(first, signed(newest, middle)), 'swap');
    assert.equal(need(first, signed(newest)), 'resident');
    assert.equal(need(first, signed(middle)), 'swap');
    const blob = blobIn(await first.send(contextSave(newest)));
    handleIn(await second.send(startAuthSession()));
    assert.equal(need(first, contextLoad(blob)), 'swap');
    assert.equal(need(second, createPrimary()), 'none', 'objects have slots of their own');
    assert.equal(need(second, command('HashSequenceStart', [...blob])), 'none', 'whatever the parameters look like');
  });
});
