import assert from 'node:assert/strict';
import { ACTIVE_SESSION_FIRST, handleNumber, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
import type { VirtualizerSnapshot } from '../../../../ts-core/domain/virtualization/virtualizer.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  handleIn,
  readPublic,
  startAuthSession,
  startup,
} from '../../../support/tpm20-commands.js';
import { losingTransport } from '../../../support/virtual-tpm.js';
import { scriptedBroker, TEST_LIMITS, VirtualTpm20 } from '../../../support/virtual-tpm20.js';

describe('the snapshot of TPM 2.0', () => {
  it('returns saved sessions to their users and flushes the rest, but does nothing after a TPM reset', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const kept = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(kept)));
    for (let number = 0; number < 4; number++) handleIn(await client.send(startAuthSession()));
    const previous = JSON.parse(JSON.stringify(broker.virtualizer.snapshot()));

    const next = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [0, 1]);
    assert.equal(await next.client('uid:1001').code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
    assert.equal(handleIn(await next.client().send(contextLoad(blob))), kept);

    tpm.reset();
    tpm.transmit(startup());
    const foreign = handleIn(tpm.transmit(createPrimary()));
    const foreignSession = handleIn(tpm.transmit(startAuthSession()));
    await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.deepEqual([...tpm.objects.keys()], [foreign]);
    assert.deepEqual([...tpm.sessions.keys()], [handleNumber(foreignSession)]);
  });

  it('is followed on a TPM that does not report its resets', async () => {
    const tpm = new ScriptedTpm20();
    const start = (previous?: VirtualizerSnapshot) => {
      tpm.refuses('ReadClock', TPM_RC.COMMAND_CODE);
      return VirtualTpm20.start((bytes) => tpm.transmit(bytes), previous && { previous });
    };
    const client = (broker: VirtualTpm20) => broker.client('uid:1000');
    const broker = await start();
    const owner = client(broker);
    handleIn(await owner.send(createPrimary()));
    const blob = blobIn(await owner.send(contextSave(handleIn(await owner.send(startAuthSession())))));
    const next = await start(broker.virtualizer.snapshot());
    assert.equal(tpm.objects.size, 0);
    assert.equal(await client(next).code(contextLoad(blob)), 0);
  });

  it('flushes no session that it lists as saved by a user, nor one that is gone', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const saved = handleIn(await client.send(startAuthSession('policy')));
    const blob = blobIn(await client.send(contextSave(saved)));
    const gone = handleIn(await client.send(startAuthSession()));
    const snapshot = broker.virtualizer.snapshot();
    const asListed = ACTIVE_SESSION_FIRST | handleNumber(saved);
    const previous = { ...snapshot, ownedHandles: [...snapshot.ownedHandles, saved, asListed] };
    tpm.transmit(flushContext(gone));
    tpm.takeLog();
    const next = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.ok(!tpm.takeLog().includes('FlushContext'));
    assert.equal(handleIn(await next.client().send(contextLoad(blob))), saved);
  });

  it('leads to the objects that were created after it, except for those of others and after an orderly stop', async () => {
    const { tpm } = await scriptedBroker();
    const foreign = handleIn(tpm.transmit(createPrimary()));
    const start = (previous?: VirtualizerSnapshot) =>
      VirtualTpm20.start((bytes) => tpm.transmit(bytes), previous && { previous });
    const broker = await start();
    const previous = broker.virtualizer.snapshot();
    handleIn(await broker.client().send(createPrimary()));
    const { unmanagedObjects: _, ...atTheStop } = previous;
    await start(atTheStop);
    assert.equal(tpm.objects.size, 2);
    await start(previous);
    assert.deepEqual([...tpm.objects.keys()], [foreign]);
  });

  it('changes are reported when they happen', async () => {
    const { broker } = await scriptedBroker();
    let changes = 0;
    broker.virtualizer.onSnapshotChange = () => changes++;
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    assert.ok(changes > 0);
    const after = changes;
    await client.send(readPublic(TRANSIENT_FIRST));
    assert.equal(changes, after, 'using an object changes nothing');
  });
});

describe('resources of TPM 2.0 contexts', () => {
  it('are listed for the wanted holders only: each context and session is asked about once, not each object', async () => {
    const { broker } = await scriptedBroker();
    const [alice, bob] = [broker.client('uid:1000'), broker.client('uid:1001')];
    broker.client('uid:1000');
    for (const client of [alice, bob]) {
      for (let number = 0; number < 5; number++) await client.send(createPrimary());
      await client.send(startAuthSession());
    }
    const asked: (number | null)[] = [];
    const ofAlice = broker.virtualizer.resources(({ userKey, contextId }) => {
      asked.push(contextId);
      return userKey === 'uid:1000';
    });
    assert.deepEqual(
      ofAlice.map(({ kind }) => kind),
      [...Array<string>(5).fill('transient'), 'loadedSession'],
    );
    assert.deepEqual(
      asked,
      [alice, bob, alice, bob].map(({ contextId }) => contextId),
    );
  });

  it('that an administrator removes are gone for their holder, and no others are', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const other = handleIn(await client.send(startAuthSession()));
    const resources = broker.virtualizer.resources();
    assert.deepEqual(
      resources.map(({ id }) => id),
      [...[1, 2, 3, 4, 5].map((number) => `object-${number}`), 'session-1', 'session-2'],
    );
    assert.deepEqual(
      resources.map(({ kind, userKey, contextId, virtualHandle }) => [kind, userKey, contextId, virtualHandle]),
      [
        ...[0, 1, 2, 3, 4].map((number) => ['transient', 'uid:1000', client.contextId, TRANSIENT_FIRST + number]),
        ['loadedSession', 'uid:1000', client.contextId, session],
        ['loadedSession', 'uid:1000', client.contextId, other],
      ],
    );
    for (const index of [0, 4, 6]) {
      const id = (resources[index] as { id: string }).id;
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), true);
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), false);
    }
    assert.deepEqual(await Promise.all([0, 4].map((number) => client.code(readPublic(TRANSIENT_FIRST + number)))), [
      TPM_RC.REFERENCE_H0,
      TPM_RC.REFERENCE_H0,
    ]);
    assert.equal(await client.code(readPublic(TRANSIENT_FIRST + 1)), 0);
    assert.deepEqual([...tpm.sessions.keys()], [handleNumber(session)]);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 3,
      loadedSessions: 1,
      savedSessions: 0,
    });
  });

  it('are counted by context, saved sessions by the context that saved them', async () => {
    const { broker } = await scriptedBroker();
    const [client, sibling] = [broker.client(), broker.client()];
    handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    await sibling.send(contextSave(handleIn(await sibling.send(startAuthSession()))));
    const counts = (contextId: number) => broker.virtualizer.counts(contextId);
    assert.deepEqual(counts(client.contextId), { transient: 1, loadedSessions: 1, savedSessions: 0 });
    assert.deepEqual(counts(sibling.contextId), { transient: 0, loadedSessions: 0, savedSessions: 1 });
    assert.deepEqual(counts(99), { transient: 0, loadedSessions: 0, savedSessions: 0 });
  });

  it('are listed with the context that holds or saved them, and without one if that is closed', async () => {
    const { broker } = await scriptedBroker();
    const [client, closed] = [broker.client(), broker.client()];
    const saved = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(saved));
    const abandoned = handleIn(await closed.send(startAuthSession()));
    await closed.send(contextSave(abandoned));
    await closed.close();
    assert.deepEqual(
      broker.virtualizer
        .resources()
        .map(({ kind, contextId, virtualHandle, resident }) => [kind, contextId, virtualHandle, resident]),
      [
        ['savedSession', client.contextId, saved, false],
        ['savedSession', null, abandoned, false],
      ],
    );
  });

  it('are flushed from the TPM when they are removed, if they are in it', async () => {
    const { tpm, broker } = await scriptedBroker({ objectSlots: 1 });
    const client = broker.client();
    for (let number = 0; number < 2; number++) handleIn(await client.send(createPrimary()));
    const [evicted, resident] = broker.virtualizer.resources();
    const remove = (id = '') => broker.run(() => broker.virtualizer.removeResource(id));
    tpm.takeLog();
    assert.equal(await remove('object-99'), false);
    assert.equal(await remove(evicted?.id), true);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(await remove(resident?.id), true);
    assert.deepEqual(tpm.takeLog(), ['FlushContext']);
    assert.equal(tpm.objects.size, 0);
  });

  it('are not removed if they turn out to be gone already', async () => {
    const tpm = new ScriptedTpm20();
    const { transmit, losing } = losingTransport((bytes) => tpm.transmit(bytes));
    const broker = await VirtualTpm20.start(transmit);
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    await losing('command', () => client.send(readPublic(TRANSIENT_FIRST)));
    tpm.objects.clear();
    assert.equal(await broker.run(() => broker.virtualizer.removeResource('object-1')), false);
  });

  it('of an earlier run are not flushed if they now belong to others, or to a later run of the TPM', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    const [kept, gone] = [
      handleIn(await client.send(startAuthSession())),
      handleIn(await client.send(startAuthSession())),
    ];
    for (const session of [kept, gone]) await client.send(contextSave(session));
    const previous = broker.virtualizer.snapshot();
    tpm.transmit(flushContext(gone));
    tpm.restartCount = 1;
    const next = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.equal(tpm.objects.size, 1, 'a TPM Restart has flushed the broker’s object: this is another one');
    assert.deepEqual(
      next.virtualizer.resources().map(({ virtualHandle }) => virtualHandle),
      [kept],
    );
  });

  it('of an earlier run keep their order, so that the oldest is flushed first', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const blobs: Uint8Array[] = [];
    for (let number = 0; number < 3; number++) {
      blobs.push(blobIn(await client.send(contextSave(handleIn(await client.send(startAuthSession()))))));
    }
    const snapshot = broker.virtualizer.snapshot();
    const previous = { ...snapshot, savedSessions: [...snapshot.savedSessions].reverse() };
    const limits = { ...TEST_LIMITS, abandonedSessionsPerUser: 2 };
    const next = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous, limits });
    const heir = next.client();
    await heir.close();
    const codes: number[] = [];
    for (const blob of blobs) codes.push(await next.client().code(contextLoad(blob)));
    assert.deepEqual(codes, [aboutParameter(TPM_RC.HANDLE, 1), 0, 0]);
  });
});
