import assert from 'node:assert/strict';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimary,
  handleIn,
  readPublic,
  startAuthSession,
  startup,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker, VirtualTpm20 } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 snapshot', () => {
  it('returns saved sessions to their users and flushes what else was left, but nothing after a TPM reset', async () => {
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
    assert.deepEqual([...tpm.sessions.keys()], [foreignSession & 0xffffff]);
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
  it('what an administrator removes is gone for its holder, and only that', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const resources = broker.virtualizer.resources();
    assert.deepEqual(
      resources.map(({ kind, userKey, contextId, virtualHandle }) => [kind, userKey, contextId, virtualHandle]),
      [
        ...[0, 1, 2, 3, 4].map((number) => ['transient', 'uid:1000', client.contextId, TRANSIENT_FIRST + number]),
        ['loadedSession', 'uid:1000', client.contextId, session],
      ],
    );
    for (const index of [0, 4, 5]) {
      const id = (resources[index] as { id: string }).id;
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), true);
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), false);
    }
    assert.deepEqual(await Promise.all([0, 4].map((number) => client.code(readPublic(TRANSIENT_FIRST + number)))), [
      TPM_RC.REFERENCE_H0,
      TPM_RC.REFERENCE_H0,
    ]);
    assert.equal(await client.code(readPublic(TRANSIENT_FIRST + 1)), 0);
    assert.equal(tpm.sessions.size, 0);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 3,
      loadedSessions: 0,
      savedSessions: 0,
    });
  });
});
