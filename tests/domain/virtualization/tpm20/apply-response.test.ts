import assert from 'node:assert/strict';
import { TPM_RC } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  CONTINUE_SESSION,
  contextSave,
  createPrimary,
  flushContext,
  getRandomWithSession,
  handleIn,
  hashSequenceStart,
  hmacStart,
  policyGetDigest,
  readPublic,
  startAuthSession,
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
