import assert from 'node:assert/strict';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  blobIn,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  handleIn,
  policyGetDigest,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import { TEST_LIMITS, VirtualTpm20 } from '../../../support/virtual-tpm20.js';

const HANDLE_PARAMETER_1 = 0x1cb;
const SESSION_QUOTA = 0x000c0903;

async function started(options: ConstructorParameters<typeof ScriptedTpm20>[0] = {}) {
  const tpm = new ScriptedTpm20(options);
  const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes));
  return { tpm, broker };
}

describe('TPM 2.0 sessions', () => {
  it('keep a caller’s saved blob good through any number of context gaps, once', async () => {
    const { broker } = await started({ gapMax: 8 });
    const keeper = broker.client();
    const kept: { handle: number; blob: Uint8Array; digest: Uint8Array }[] = [];
    for (let number = 0; number < 4; number++) {
      const handle = handleIn(await keeper.send(startAuthSession()));
      const digest = await keeper.send(policyGetDigest(handle));
      kept.push({ handle, digest, blob: blobIn(await keeper.send(contextSave(handle))) });
    }
    const busy = broker.client('uid:1001');
    for (let round = 0; round < 300; round++) {
      const handle = handleIn(await busy.send(startAuthSession('hmac')));
      const blob = blobIn(await busy.send(contextSave(handle)));
      assert.equal(handleIn(await busy.send(contextLoad(blob))), handle);
      assert.equal(await busy.code(flushContext(handle)), 0);
    }
    for (const { handle, blob, digest } of kept) {
      assert.equal(handleIn(await keeper.send(contextLoad(blob))), handle);
      assert.deepEqual(await keeper.send(policyGetDigest(handle)), digest);
      assert.equal(await keeper.code(contextLoad(blob)), HANDLE_PARAMETER_1);
    }
  });

  it('repair a gap that stands in the way of starting or loading a session', async () => {
    const { broker, tpm } = await started({ gapMax: 12, sessionSlots: 2 });
    const clients = [broker.client(), broker.client('uid:1001'), broker.client('uid:1002')];
    const sessions: { client: (typeof clients)[number]; handle: number }[] = [];
    for (const client of clients) {
      for (let number = 0; number < 3; number++) {
        sessions.push({ client, handle: handleIn(await client.send(startAuthSession())) });
      }
    }
    for (let round = 0; round < 50; round++) {
      for (const { client, handle } of sessions) assert.equal(await client.code(policyGetDigest(handle)), 0);
    }
    assert.ok(tpm.loadedSessions().length <= 2);
  });

  it('tell whether a command needs a swap, and what loading a saved one takes', async () => {
    const { broker, tpm } = await started({ sessionSlots: 2 });
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
    const blob = blobIn(await first.send(contextSave(newest)));
    handleIn(await second.send(startAuthSession()));
    assert.equal(need(first, contextLoad(blob)), 'swap');
    assert.equal(need(second, createPrimary()), 'none', 'objects have slots of their own');
  });

  it('are shared out so that whoever comes next can start one, however greedy the others are', async () => {
    const { broker, tpm } = await started();
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

  it('that are abandoned are given back before their user is refused', async () => {
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

  it('of others are taken only when abandoned, when the TPM itself has no handle left', async () => {
    const { broker, tpm } = await started({ activeSessions: 64 });
    const gone = broker.client('uid:7');
    const blob = blobIn(await gone.send(contextSave(handleIn(await gone.send(startAuthSession())))));
    await gone.close();
    // Sessions that are not the broker's use up the rest.
    for (let number = 1; number < 64; number++) {
      const handle = handleIn(tpm.transmit(startAuthSession('hmac')));
      tpm.transmit(contextSave(handle));
    }
    assert.equal(await broker.client().code(startAuthSession()), 0);
    assert.equal(await broker.client('uid:7').code(contextLoad(blob)), HANDLE_PARAMETER_1);
    assert.equal(await broker.client('uid:8').code(startAuthSession()), 0x905);
    assert.equal(tpm.sessions.size, 64);
  });

  it('of a context that is at its limit cannot be loaded into it, and stay loadable elsewhere', async () => {
    const { broker } = await started();
    const [full, other] = [broker.client(), broker.client()];
    for (let number = 0; number < 4; number++) handleIn(await full.send(startAuthSession()));
    assert.equal(await full.code(startAuthSession()), SESSION_QUOTA);
    const handle = handleIn(await other.send(startAuthSession()));
    const blob = blobIn(await other.send(contextSave(handle)));
    assert.equal(await full.code(contextLoad(blob)), SESSION_QUOTA);
    assert.equal(handleIn(await other.send(contextLoad(blob))), handle);
  });

  it('are found by the low 24 bits of the handle, whatever type it is asked by', async () => {
    const { broker, tpm } = await started();
    const client = broker.client();
    const handle = handleIn(await client.send(startAuthSession('policy')));
    await client.send(contextSave(handle));
    assert.equal(
      await broker.client('uid:1001').code(flushContext(0x02000000 | (handle & 0xffffff))),
      HANDLE_PARAMETER_1,
    );
    assert.equal(await client.code(flushContext(0x02000000 | (handle & 0xffffff))), 0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('saved by another context of the user do not stop that context’s objects', async () => {
    const { broker } = await started({ objectSlots: 1, sessionSlots: 1 });
    const [first, second] = [broker.client(), broker.client()];
    const handle = handleIn(await first.send(startAuthSession()));
    handleIn(await second.send(createPrimary()));
    const other = handleIn(await second.send(startAuthSession()));
    const blob = blobIn(await first.send(contextSave(handle)));
    assert.equal(await second.code(policyGetDigest(other)), 0);
    assert.equal(handleIn(await second.send(contextLoad(blob))), handle);
    assert.equal(await second.code(policyGetDigest(other)), 0);
  });
});
