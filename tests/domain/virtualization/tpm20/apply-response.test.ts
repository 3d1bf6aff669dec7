import assert from 'node:assert/strict';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  CONTINUE_SESSION,
  certify,
  contextSave,
  createPrimary,
  eventSequenceComplete,
  flushContext,
  getRandomWithSession,
  handleIn,
  hashSequenceStart,
  hmacStart,
  policyGetDigest,
  readPublic,
  sign,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

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
    for (const body of [[], u32(TRANSIENT_FIRST).slice(0, 2), u32(0x81000001)]) {
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
