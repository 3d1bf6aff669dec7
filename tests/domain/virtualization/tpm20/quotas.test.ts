import assert from 'node:assert/strict';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter, OBJECT_QUOTA, SESSION_QUOTA } from '../../../../ts-core/domain/tpm20/responses.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimary,
  handleIn,
  readPublic,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker, TEST_LIMITS, VirtualTpm20 } from '../../../support/virtual-tpm20.js';

describe('quotas of TPM 2.0 objects and sessions', () => {
  it('apply to each context, together with sessions, and to each user over all contexts, with the current limits', async () => {
    const tpm = new ScriptedTpm20();
    const limits = { resourcesPerContext: 5, sessionsPerContext: 4, objectsPerUser: 7, abandonedSessionsPerUser: 4 };
    const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { limits });
    const [first, second, other] = [broker.client(), broker.client(), broker.client('uid:1001')];
    handleIn(await first.send(startAuthSession()));
    for (let number = 0; number < 4; number++) handleIn(await first.send(createPrimary()));
    assert.equal(await first.code(createPrimary()), OBJECT_QUOTA);
    assert.equal(await first.code(startAuthSession()), SESSION_QUOTA);
    for (let number = 0; number < 3; number++) handleIn(await second.send(createPrimary()));
    assert.equal(await second.code(createPrimary()), OBJECT_QUOTA);
    handleIn(await other.send(createPrimary()));
    await first.close();
    handleIn(await second.send(createPrimary()));
    limits.resourcesPerContext = 2;
    assert.equal(await second.code(createPrimary()), OBJECT_QUOTA);
    assert.equal(await second.code(readPublic(TRANSIENT_FIRST + 3)), 0, 'what is there stays usable');
  });

  it('leave a session for the next user, however greedy the others are', async () => {
    const { broker, tpm } = await scriptedBroker();
    const holdings: number[] = [];
    for (const userKey of ['uid:1', 'uid:2', 'uid:3', 'uid:4']) {
      let held = 0;
      let code = 0;
      while (code === 0) {
        const client = broker.client(userKey);
        for (let number = 0; number < 4 && code === 0; number++) {
          code = await client.code(startAuthSession());
          if (code === 0) held++;
        }
      }
      assert.equal(code, SESSION_QUOTA);
      holdings.push(held);
    }
    assert.deepEqual(holdings, [32, 16, 8, 4]);
    assert.equal(await broker.client('uid:5').code(startAuthSession()), 0);
    assert.equal(tpm.sessions.size, 61);
  });

  it('flush a user’s abandoned sessions before the user is refused', async () => {
    const tpm = new ScriptedTpm20();
    const limits = { ...TEST_LIMITS, abandonedSessionsPerUser: 20 };
    const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { limits });
    for (let number = 0; number < 20; number++) {
      const client = broker.client();
      await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
      await client.close();
    }
    let running = 0;
    for (let number = 0; number < 8; number++) {
      const client = broker.client();
      for (let count = 0; count < 4; count++) if ((await client.code(startAuthSession())) === 0) running++;
    }
    assert.equal(running, 32);
    assert.equal(tpm.sessions.size, 32);
  });

  it('flush no other user’s abandoned sessions to give a user more than the share', async () => {
    const { broker } = await scriptedBroker({ activeSessions: 6 });
    const gone = broker.client('uid:1001');
    const blob = blobIn(await gone.send(contextSave(handleIn(await gone.send(startAuthSession())))));
    await gone.close();
    const client = broker.client();
    for (let number = 0; number < 3; number++) assert.equal(await client.code(startAuthSession()), 0);
    assert.equal(await client.code(startAuthSession()), SESSION_QUOTA);
    assert.equal(await broker.client('uid:1001').code(contextLoad(blob)), 0);
  });

  it('flush abandoned sessions of others if the TPM itself has no free handle', async () => {
    const { broker, tpm } = await scriptedBroker({ activeSessions: 64 });
    const gone = broker.client('uid:7');
    const blob = blobIn(await gone.send(contextSave(handleIn(await gone.send(startAuthSession())))));
    await gone.close();
    // Sessions of other programs use up the rest.
    for (let number = 1; number < 64; number++) {
      const handle = handleIn(tpm.transmit(startAuthSession('hmac')));
      tpm.transmit(contextSave(handle));
    }
    assert.equal(await broker.client().code(startAuthSession()), 0);
    assert.equal(await broker.client('uid:7').code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
    assert.equal(await broker.client('uid:8').code(startAuthSession()), TPM_RC.SESSION_HANDLES);
    assert.equal(tpm.sessions.size, 64);
  });

  it('limit a user’s abandoned sessions to the newest ones', async () => {
    const { tpm, broker } = await scriptedBroker();
    const kept: { handle: number; blob: Uint8Array }[] = [];
    const save = async (userKey: string) => {
      const client = broker.client(userKey);
      const handle = handleIn(await client.send(startAuthSession()));
      kept.push({ handle, blob: blobIn(await client.send(contextSave(handle))) });
      return client;
    };
    const other = await save('uid:1001');
    await other.close();
    const clients = [];
    for (let number = 0; number < 6; number++) clients.push(await save('uid:1000'));
    assert.equal(tpm.sessions.size, 7, 'their contexts are open');
    for (const client of clients.reverse()) await client.close();
    assert.equal(tpm.sessions.size, 5);
    const client = broker.client();
    const codes: number[] = [];
    for (const { blob } of kept) codes.push(await client.code(contextLoad(blob)));
    const [gone, theirs] = [aboutParameter(TPM_RC.HANDLE, 1), aboutParameter(TPM_RC.HANDLE, 1)];
    assert.deepEqual(codes, [theirs, gone, gone, 0, 0, 0, 0]);
  });

  it('flush a session of the user with the most abandoned ones if the TPM has no free session handle', async () => {
    const { tpm, broker } = await scriptedBroker({ activeSessions: 64 });
    const abandon = async (userKey: string, count: number) => {
      const client = broker.client(userKey);
      for (let number = 0; number < count; number++) {
        await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
      }
      await client.close();
    };
    await abandon('uid:1', 1);
    await abandon('uid:2', 3);
    await abandon('uid:3', 2);
    const saved = (userKey: string) =>
      broker.virtualizer.resources().filter((resource) => resource.userKey === userKey).length;
    const client = broker.client('uid:4');
    // Sessions in use do not count, however many they are.
    for (let number = 0; number < 4; number++) await client.send(startAuthSession());
    const remaining: number[][] = [];
    for (let number = 0; number < 3; number++) {
      tpm.refuses('StartAuthSession', TPM_RC.SESSION_HANDLES);
      assert.equal(await broker.client('uid:5').code(startAuthSession()), 0);
      remaining.push(['uid:1', 'uid:2', 'uid:3', 'uid:4'].map(saved));
    }
    // Of the second and the third user, the second has the oldest session.
    assert.deepEqual(remaining, [
      [1, 2, 2, 4],
      [1, 1, 2, 4],
      [1, 1, 1, 4],
    ]);
  });

  it('flush abandoned sessions in the order in which they were saved, not started', async () => {
    const { broker } = await scriptedBroker({}, { ...TEST_LIMITS, abandonedSessionsPerUser: 1 });
    const client = broker.client();
    const sessions: number[] = [];
    for (let number = 0; number < 3; number++) sessions.push(handleIn(await client.send(startAuthSession())));
    const [first, second, third] = sessions as [number, number, number];
    for (const session of [third, first, second]) await client.send(contextSave(session));
    const resident = broker.client();
    const fourth = handleIn(await resident.send(startAuthSession()));
    await client.close();
    const held = () => broker.virtualizer.resources().map(({ virtualHandle }) => virtualHandle);
    assert.deepEqual(held(), [second, fourth]);
  });

  it('take the number of sessions from the TPM, or assume 64', async () => {
    for (const [options, share] of [
      [{ activeSessions: 6 }, 3],
      [{ properties: [], activeSessions: 64 }, 32],
    ] as const) {
      const { broker } = await scriptedBroker(options, {
        ...TEST_LIMITS,
        sessionsPerContext: 40,
        resourcesPerContext: 40,
      });
      const client = broker.client();
      let held = 0;
      while (held < 64 && (await client.code(startAuthSession())) === 0) held++;
      assert.equal(held, share);
    }
  });

  it('flush nothing that is still in use, and report the TPM’s error then', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client('uid:1001')];
    await other.send(contextSave(handleIn(await other.send(startAuthSession()))));
    tpm.refuses('StartAuthSession', TPM_RC.SESSION_HANDLES);
    assert.equal(await client.code(startAuthSession()), TPM_RC.SESSION_HANDLES);
    assert.equal(tpm.sessions.size, 1);
  });
});
