import assert from 'node:assert/strict';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
import { ScriptedTpm20, type ScriptedTpmOptions } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getRandom,
  handleIn,
  hashSequenceStart,
  policyGetDigest,
  readPublic,
  startAuthSession,
  startup,
} from '../../../support/tpm20-commands.js';
import { losingTransport } from '../../../support/virtual-tpm.js';
import { VirtualTpm20 } from '../../../support/virtual-tpm20.js';

/** A broker whose transport can lose the n-th command or response. */
async function failingBroker(options: ScriptedTpmOptions = {}) {
  const tpm = new ScriptedTpm20(options);
  const { transmit, losing } = losingTransport((bytes) => tpm.transmit(bytes));
  const broker = await VirtualTpm20.start(transmit);
  return { tpm, broker, losing };
}

describe('reconciling with a TPM 2.0', () => {
  it('flushes what a command without a response has created', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const kept = handleIn(await client.send(createPrimary()));
    await losing('response', () => client.send(createPrimary()));
    await losing('response', () => client.send(startAuthSession()), 4);
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [1, 1], 'the session is not looked for yet');
    assert.equal(await client.code(readPublic(kept)), 0);
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [1, 0]);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT_FIRST + 1);
  });

  it('flushes nothing that others have put into the TPM meanwhile, as when two handles have appeared', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    await losing('response', () => client.send(createPrimary()));
    const foreign = handleIn(tpm.transmit(createPrimary()));
    assert.equal(await client.code(getRandom(8)), 0);
    assert.equal(tpm.objects.size, 2, 'nobody knows which of the two was created by the broker');
    assert.ok(tpm.objects.has(foreign));
  });

  it('ignores handles that were there before', async () => {
    const tpm = new ScriptedTpm20();
    tpm.transmit(createPrimary());
    const session = handleIn(tpm.transmit(startAuthSession()));
    tpm.transmit(contextSave(session));
    let fails = false;
    const broker = await VirtualTpm20.start((bytes) => {
      if (fails) throw new Error('the command was lost');
      return tpm.transmit(bytes);
    });
    const client = broker.client();
    fails = true;
    await assert.rejects(client.send(createPrimary()), /was lost/);
    fails = false;
    assert.equal(await client.code(getRandom(8)), 0);
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [1, 1]);
  });

  it('flushes nothing that was there before, even if it is the only thing there', async () => {
    const tpm = new ScriptedTpm20();
    const foreign = handleIn(tpm.transmit(createPrimary()));
    const { transmit, losing } = losingTransport((bytes) => tpm.transmit(bytes));
    const client = (await VirtualTpm20.start(transmit)).client();
    for (let round = 0; round < 2; round++) {
      await losing('command', () => client.send(createPrimary()));
      assert.equal(await client.code(getRandom(8)), 0);
      assert.deepEqual([...tpm.objects.keys()], [foreign]);
    }
  });

  it('flushes what a command without a response has created, every time anew', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    for (let round = 0; round < 2; round++) {
      await losing('response', () => client.send(createPrimary()));
      assert.equal(tpm.objects.size, 1);
      assert.equal(await client.code(getRandom(8)), 0);
      assert.equal(tpm.objects.size, 0);
    }
  });

  it('flushes nothing that has appeared if the lost response could not have created it', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const directlyLost = async () => {
      await losing('response', () => client.send(getRandom(8)));
      const foreign = handleIn(tpm.transmit(createPrimary()));
      assert.equal(await client.code(getRandom(8)), 0);
      assert.ok(tpm.objects.has(foreign));
    };
    await directlyLost();
    await losing('response', () => client.send(startAuthSession()), 0);
    assert.equal(await client.code(getRandom(8)), 0);
    await directlyLost();
    await losing('response', () => client.send(createPrimary()));
    tpm.reset();
    tpm.transmit(startup());
    broker.virtualizer.tpmWasReset();
    await directlyLost();
  });

  it('flushes after a reset what has the handle of something that was there before', async () => {
    const tpm = new ScriptedTpm20();
    tpm.transmit(createPrimary());
    const { transmit, losing } = losingTransport((bytes) => tpm.transmit(bytes));
    const client = (await VirtualTpm20.start(transmit)).client();
    tpm.reset();
    assert.equal(await client.code(getRandom(8)), 0);
    await losing('response', () => client.send(createPrimary()));
    assert.equal(await client.code(getRandom(8)), 0);
    assert.equal(tpm.objects.size, 0);
  });

  it('forgets what is gone, and keeps what can be loaded again', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const [saved, lost] = [handleIn(await client.send(createPrimary())), handleIn(await client.send(createPrimary()))];
    await client.send(contextSave(saved));
    const session = handleIn(await client.send(startAuthSession()));
    await losing('command', () => client.send(readPublic(saved)));
    for (const handle of tpm.objects.keys()) tpm.objects.delete(handle);
    tpm.sessions.clear();
    assert.equal(await client.code(readPublic(saved)), 0);
    assert.equal(await client.code(readPublic(lost)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
  });

  it('saves a session again that was loaded without its caller’s knowledge', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    await losing('response', () => client.send(contextLoad(blob)));
    assert.equal(tpm.loadedSessions().length, 1);
    assert.equal(await client.code(getRandom(8)), 0);
    assert.equal(tpm.loadedSessions().length, 0);
    assert.equal(handleIn(await client.send(contextLoad(blob))), session, 'its blob is still valid');
  });

  it('ends a session whose only saved context was lost', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    await losing('response', () => client.send(contextSave(session)));
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('keeps loaded and evicted sessions as they are', async () => {
    const { tpm, broker, losing } = await failingBroker({ sessionSlots: 2 });
    const client = broker.client();
    const sessions: number[] = [];
    for (let number = 0; number < 3; number++) sessions.push(handleIn(await client.send(startAuthSession())));
    await losing('command', () => client.send(getRandom(8)));
    tpm.takeLog();
    assert.equal(await client.code(getRandom(8)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability', 'GetRandom']);
    for (const session of sessions) assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('repeats the failed flushes of a closed context, and forgets those that the TPM has done', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const [client, other] = [broker.client(), broker.client()];
    for (let number = 0; number < 2; number++) handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    await losing('response', () => client.close());
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [1, 1]);
    assert.equal(broker.virtualizer.snapshot().ownedHandles.length, 3);
    tpm.takeLog();
    assert.equal(await other.code(getRandom(8)), 0);
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [0, 0]);
    assert.equal(tpm.takeLog().filter((name) => name === 'FlushContext').length, 2, 'not the one that has succeeded');
    assert.deepEqual(broker.virtualizer.snapshot().ownedHandles, []);
  });

  it('counts handles to be flushed as the broker’s own', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const [client, other] = [broker.client(), broker.client()];
    handleIn(await client.send(startAuthSession('policy')));
    await losing('command', () => client.close());
    await losing('command', () => other.send(createPrimary()), 3);
    assert.equal(await other.code(getRandom(8)), 0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('forgets evicted and saved sessions that are gone, without flushing them', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const evicted = handleIn(await client.send(startAuthSession()));
    const saved = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(saved));
    await broker.run(() => broker.virtualizer.suspend());
    for (const session of [evicted, saved]) tpm.transmit(flushContext(session));
    await losing('command', () => client.send(getRandom(8)));
    tpm.takeLog();
    assert.equal(await client.code(getRandom(8)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability', 'GetRandom']);
    assert.deepEqual(broker.virtualizer.resources(), []);
  });

  it('does not repeat the flush of a session that the TPM has done, and flushes nothing after a reset', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const [client, other] = [broker.client(), broker.client()];
    handleIn(await client.send(startAuthSession()));
    await losing('response', () => client.close());
    tpm.takeLog();
    assert.equal(await other.code(getRandom(8)), 0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability', 'GetRandom']);

    handleIn(await other.send(createPrimary()));
    await losing('command', () => other.close());
    tpm.reset();
    tpm.transmit(startup());
    broker.virtualizer.tpmWasReset();
    assert.deepEqual(broker.virtualizer.snapshot().ownedHandles, []);
    tpm.transmit(createPrimary());
    assert.equal(await broker.client().code(getRandom(8)), 0);
    assert.equal(tpm.objects.size, 1, 'another program’s, with the same handle');
  });

  const [OBJECT, SESSION] = [() => createPrimary(), () => startAuthSession()];
  for (const [held, create] of [
    ['an object', OBJECT],
    ['a session', SESSION],
  ] as const) {
    for (const [lost, createLost] of [
      ['an object', OBJECT],
      ['a session', SESSION],
    ] as const) {
      it(`tells ${lost} that a lost response created from ${held} that has yet to be flushed`, async () => {
        const { tpm, broker, losing } = await failingBroker();
        const [client, other] = [broker.client(), broker.client()];
        handleIn(await client.send(create()));
        await losing('response', () => other.send(createLost()));
        await losing('command', () => client.close());
        assert.equal(tpm.objects.size + tpm.sessions.size, 2);
        assert.equal(await other.code(getRandom(8)), 0);
        assert.equal(tpm.objects.size + tpm.sessions.size, 0);
      });
    }
  }

  it('returns a session to its user that it cannot save again now', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    await losing('response', () => client.send(contextLoad(blob)));
    tpm.refuses('ContextSave', TPM_RC.TESTING);
    assert.equal(await client.code(getRandom(8)), 0);
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    assert.equal(handleIn(await client.send(contextLoad(blob))), session);
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('is repeated before the next command if it fails after a suspend', async () => {
    const { tpm, broker, losing } = await failingBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    tpm.objects.clear();
    await losing('command', () => broker.run(() => broker.virtualizer.resume()), 2);
    tpm.takeLog();
    assert.equal(await client.code(readPublic(key)), TPM_RC.REFERENCE_H0);
    assert.deepEqual(tpm.takeLog(), ['GetCapability', 'GetCapability', 'GetCapability']);
  });

  it('restores everything after a suspend in which the TPM kept its state', async () => {
    const { tpm, broker } = await failingBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const sequence = handleIn(await client.send(hashSequenceStart()));
    await broker.run(() => broker.virtualizer.suspend());
    assert.deepEqual([tpm.objects.size, tpm.loadedSessions().length], [0, 0], 'everything is saved');
    tpm.started = false;
    await broker.run(() => broker.virtualizer.resume());
    assert.equal(tpm.started, true);
    assert.equal(await client.code(readPublic(key)), 0);
    assert.equal(await client.code(policyGetDigest(session)), 0);
    assert.equal(await client.code(flushContext(sequence)), 0);
  });

  it('restores everything after a suspend after which the TPM was already started', async () => {
    const { tpm, broker } = await failingBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary()));
    await broker.run(() => broker.virtualizer.suspend());
    tpm.restartCount = 1;
    await broker.run(() => broker.virtualizer.resume());
    assert.equal(await client.code(readPublic(key)), 0);
    assert.deepEqual(broker.virtualizer.snapshot().resetCounts, { resetCount: 0, restartCount: 1 });
  });

  it('forgets everything after a suspend in which the TPM lost its state', async () => {
    const { tpm, broker } = await failingBroker();
    const client = broker.client();
    const key = handleIn(await client.send(createPrimary({ hierarchy: 'owner' })));
    const blob = blobIn(await client.send(contextSave(handleIn(await client.send(startAuthSession())))));
    await broker.run(() => broker.virtualizer.suspend());
    tpm.reset();
    tpm.refuses('Startup', TPM_RC.VALUE);
    tpm.takeLog();
    await broker.run(() => broker.virtualizer.resume());
    assert.deepEqual(tpm.takeLog().slice(0, 2), ['Startup', 'Startup']);
    assert.equal(await client.code(readPublic(key)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
  });
});
