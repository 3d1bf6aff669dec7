/** Tests the TPM 2.0 virtualizer with a real software TPM, which holds three objects and three loaded sessions. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { SwtpmTransport } from '../../ts-core/adapters/transport/swtpm-transport.js';
import {
  ACTIVE_SESSION_FIRST,
  handleNumber,
  LOADED_SESSION_FIRST,
  TPM_CAP,
  TPM_CC,
  TPM_PT,
  TPM_RC,
  TPM_RH,
  TRANSIENT_FIRST,
} from '../../ts-core/domain/tpm20/codes.js';
import { aboutParameter, OBJECT_QUOTA, SESSION_QUOTA } from '../../ts-core/domain/tpm20/responses.js';
import { quietLog } from '../support/quiet-log.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import {
  AUDIT_SESSION,
  authorized,
  blobIn,
  CONTINUE_SESSION,
  clear,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  createSigner,
  flushContext,
  getCapability,
  getRandom,
  getRandomWithSession,
  handleIn,
  handleListIn,
  hashSequenceStart,
  policyCommandCode,
  policyGetDigest,
  policyRestart,
  propertiesIn,
  readPublic,
  sequenceComplete,
  sequenceUpdate,
  shutdown,
  sign,
  startAuthSession,
  startup,
  u32,
} from '../support/tpm20-commands.js';
import type { VirtualClient } from '../support/virtual-tpm.js';
import { VirtualTpm20 } from '../support/virtual-tpm20.js';

const TRANSIENT = TRANSIENT_FIRST;
const CAP_HANDLES = TPM_CAP.HANDLES;
/** What a caller gets for a parameter that names something that is not the caller's. */
const NOT_THE_CALLERS = aboutParameter(TPM_RC.HANDLE, 1);

describe('TPM 2.0 virtualization with a software TPM', () => {
  let swtpm: Swtpm;
  let transport: SwtpmTransport;
  let tpm: VirtualTpm20;

  const transmit = (bytes: Uint8Array) => transport.transmit(bytes.slice(), { locality: 0, timeoutMs: 10_000 });
  const physicalHandles = async (first: number) =>
    handleListIn(await transmit(getCapability(CAP_HANDLES, first, 100))).handles;
  const list = async (client: VirtualClient, first: number) =>
    handleListIn(await client.send(getCapability(CAP_HANDLES, first, 100))).handles;

  beforeEach(async () => {
    swtpm = await startSwtpm({ version: '2.0' });
    transport = new SwtpmTransport(
      { kind: 'swtpm', data: { path: swtpm.dataPath }, control: { path: swtpm.ctrlPath } },
      quietLog(),
    );
    tpm = await VirtualTpm20.start(transmit);
  });

  afterEach(async () => {
    await transport.close();
    await swtpm.stop();
  });

  it('gives every context its own handles from 0x80000000 up, lowest free first, in more objects than the TPM holds', async () => {
    const [first, second] = [tpm.client(), tpm.client('uid:1001')];
    for (let number = 0; number < 4; number++) {
      assert.equal(handleIn(await first.send(createPrimary())), TRANSIENT + number);
      assert.equal(handleIn(await second.send(createSigner())), TRANSIENT + number);
    }
    assert.equal(await first.code(flushContext(TRANSIENT + 1)), 0);
    assert.equal(handleIn(await first.send(createPrimary())), TRANSIENT + 1);
    for (let number = 0; number < 4; number++) {
      assert.equal(await first.code(readPublic(TRANSIENT + number)), 0);
      assert.equal(await second.code(sign(TRANSIENT + number)), 0);
    }
    assert.deepEqual(
      await list(first, TRANSIENT),
      [0, 1, 2, 3].map((number) => TRANSIENT + number),
    );
  });

  it('keeps resident objects loaded: a signature is one round trip, and evicting an unchanged object is one flush', async () => {
    const client = tpm.client();
    for (let number = 0; number < 3; number++) handleIn(await client.send(createSigner()));
    // The first signature makes the TPM test its algorithms and answer TPM_RC_RETRY once.
    assert.equal(await client.code(sign(TRANSIENT)), 0);
    const before = tpm.roundTrips;
    for (let number = 0; number < 3; number++) assert.equal(await client.code(sign(TRANSIENT + number)), 0);
    assert.equal(tpm.roundTrips - before, 3);
    // With a fourth object, every command has to load one; each object is saved only once.
    handleIn(await client.send(createSigner()));
    for (let number = 0; number < 8; number++) await client.send(sign(TRANSIENT + (number % 4)));
    const settled = tpm.roundTrips;
    for (let number = 0; number < 4; number++) assert.equal(await client.code(sign(TRANSIENT + number)), 0);
    assert.ok(tpm.roundTrips - settled <= 12, `${tpm.roundTrips - settled} round trips for four signatures`);
  });

  it('keeps sequences across eviction', async () => {
    const client = tpm.client();
    const sequences: number[] = [];
    for (let number = 0; number < 5; number++) sequences.push(handleIn(await client.send(hashSequenceStart())));
    for (let round = 0; round < 2; round++) {
      for (const sequence of sequences) assert.equal(await client.code(sequenceUpdate(sequence, [1, 2, 3])), 0);
    }
    const digests = new Set<string>();
    for (const sequence of sequences) {
      const response = await client.send(sequenceComplete(sequence, []));
      digests.add(Buffer.from(response.subarray(16, 48)).toString('hex'));
    }
    const expected = createHash('sha256')
      .update(Uint8Array.of(1, 2, 3, 1, 2, 3))
      .digest('hex');
    assert.deepEqual([...digests], [expected]);
    assert.deepEqual(await list(client, TRANSIENT), []);
    assert.deepEqual(await physicalHandles(TRANSIENT), []);
  });

  it('keeps the value and state of more sessions than the TPM can hold', async () => {
    const [first, second] = [tpm.client(), tpm.client('uid:1001')];
    const sessions: number[] = [];
    for (let number = 0; number < 4; number++) sessions.push(handleIn(await first.send(startAuthSession('policy'))));
    for (let number = 0; number < 4; number++) handleIn(await second.send(startAuthSession('hmac')));
    for (const session of sessions) assert.equal(await first.code(policyCommandCode(session, TPM_CC.Sign)), 0);
    const digests = new Set<string>();
    for (const session of sessions)
      digests.add(Buffer.from(await first.send(policyGetDigest(session))).toString('hex'));
    assert.equal(digests.size, 1);
    assert.deepEqual([...(await list(first, LOADED_SESSION_FIRST))].sort(), [...sessions].sort());
    assert.equal((await list(second, LOADED_SESSION_FIRST)).length, 4);
    assert.deepEqual(await list(first, ACTIVE_SESSION_FIRST), []);
  });

  it('ends a session after a successful response with continueSession clear, but not after failures and PolicyRestart', async () => {
    const client = tpm.client();
    const key = handleIn(await client.send(createSigner()));
    const session = handleIn(await client.send(startAuthSession('policy')));
    // A policy session cannot authorize a key without policy: the command fails and the session stays.
    assert.notEqual(await client.code(sign(key, [{ session, attributes: 0 }])), 0);
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST), [session]);
    assert.equal(await client.code(policyRestart(session)), 0);
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST), [session]);
    const hmac = handleIn(await client.send(startAuthSession('hmac')));
    const audited = (attributes: number) => client.code(getRandomWithSession(hmac, AUDIT_SESSION | attributes));
    assert.equal(await audited(CONTINUE_SESSION), 0);
    assert.equal((await list(client, LOADED_SESSION_FIRST)).length, 2);
    assert.equal(await audited(0), 0);
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST), [session]);
    assert.deepEqual(await physicalHandles(LOADED_SESSION_FIRST), [session]);
    assert.equal(await audited(CONTINUE_SESSION), TPM_RC.REFERENCE_S0);
  });

  it('lets only the user who saved a session load it, once, also from a later connection', async () => {
    const first = tpm.client();
    const session = handleIn(await first.send(startAuthSession('policy')));
    assert.equal(await first.code(policyCommandCode(session, TPM_CC.Sign)), 0);
    const digest = await first.send(policyGetDigest(session));
    const blob = blobIn(await first.send(contextSave(session)));
    assert.deepEqual(await list(first, LOADED_SESSION_FIRST), []);
    assert.deepEqual(await list(first, ACTIVE_SESSION_FIRST), [LOADED_SESSION_FIRST | handleNumber(session)]);
    await first.close();

    const stranger = tpm.client('uid:1001');
    assert.equal(await stranger.code(contextLoad(blob)), NOT_THE_CALLERS);
    assert.equal(await stranger.code(flushContext(session)), NOT_THE_CALLERS);
    assert.deepEqual(await list(stranger, ACTIVE_SESSION_FIRST), []);

    const later = tpm.client();
    assert.equal(handleIn(await later.send(contextLoad(blob))), session);
    assert.deepEqual(await later.send(policyGetDigest(session)), digest);
    assert.equal(await later.code(contextLoad(blob)), NOT_THE_CALLERS);
    const tampered = blobIn(await later.send(contextSave(session)));
    tampered[40] = (tampered[40] as number) ^ 1;
    assert.equal(await later.code(contextLoad(tampered)), aboutParameter(TPM_RC.INTEGRITY, 1));
  });

  it('answers a handle of another context like one that does not exist', async () => {
    const [owner, other] = [tpm.client(), tpm.client()];
    for (let number = 0; number < 4; number++) handleIn(await owner.send(createSigner()));
    const session = handleIn(await owner.send(startAuthSession('policy')));
    for (const handle of [TRANSIENT, TRANSIENT + 3, TRANSIENT + 9]) {
      assert.equal(await other.code(readPublic(handle)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(sign(handle)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(contextSave(handle)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(flushContext(handle)), NOT_THE_CALLERS);
    }
    for (const handle of [session, 0x03000030]) {
      assert.equal(await other.code(policyGetDigest(handle)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(contextSave(handle)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(flushContext(handle)), NOT_THE_CALLERS);
      assert.equal(await other.code(sign(TRANSIENT, [{ session: handle }])), TPM_RC.REFERENCE_H0);
      assert.equal(
        await other.code(getRandomWithSession(handle, AUDIT_SESSION | CONTINUE_SESSION)),
        TPM_RC.REFERENCE_S0,
      );
    }
    assert.deepEqual(await list(other, TRANSIENT), []);
    assert.deepEqual(await list(other, LOADED_SESSION_FIRST), []);
    assert.equal(await owner.code(policyGetDigest(session)), 0);
  });

  it('flushes what a context held when it closes, and nothing of the others', async () => {
    const [gone, stays] = [tpm.client(), tpm.client()];
    for (let number = 0; number < 5; number++) handleIn(await gone.send(createSigner()));
    const key = handleIn(await stays.send(createSigner()));
    for (let number = 0; number < 4; number++) handleIn(await gone.send(startAuthSession('hmac')));
    await gone.close();
    assert.equal(await stays.code(sign(key)), 0);
    assert.equal((await physicalHandles(TRANSIENT)).length, 1);
    assert.deepEqual(await physicalHandles(LOADED_SESSION_FIRST), []);
    assert.deepEqual(await physicalHandles(ACTIVE_SESSION_FIRST), []);
  });

  it('survives a TPM that is killed and restarted: old handles are missing, and new commands work', async () => {
    const client = tpm.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(createSigner()));
    for (let number = 0; number < 4; number++) handleIn(await client.send(startAuthSession('policy')));
    await swtpm.restart();
    assert.equal(await client.code(getRandom(8)), 0);
    for (let number = 0; number < 4; number++)
      assert.equal(await client.code(sign(TRANSIENT + number)), TPM_RC.REFERENCE_H0);
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST), []);
    assert.equal(handleIn(await client.send(createSigner())), TRANSIENT);
    assert.equal(await client.code(sign(TRANSIENT)), 0);
  });

  it('forgets the objects that Clear flushes, resident or not, and keeps those of other hierarchies and the sessions', async () => {
    const [client, admin] = [tpm.client(), tpm.client('uid:0')];
    for (let number = 0; number < 4; number++) handleIn(await client.send(createSigner({ hierarchy: 'owner' })));
    const platformKey = handleIn(await client.send(createSigner({ hierarchy: 'platform' })));
    const session = handleIn(await client.send(startAuthSession('policy')));
    assert.equal(await admin.code(clear()), 0);
    assert.deepEqual(await list(client, TRANSIENT), [platformKey]);
    assert.equal(await client.code(sign(TRANSIENT)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(sign(platformKey)), 0);
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('keeps objects and sessions across a suspend in which the TPM loses its memory', async () => {
    const client = tpm.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(createSigner({ hierarchy: 'owner' })));
    const sessions: number[] = [];
    for (let number = 0; number < 4; number++) sessions.push(handleIn(await client.send(startAuthSession('policy'))));
    await tpm.run(() => tpm.virtualizer.suspend());
    await transmit(shutdown('state'));
    await swtpm.restart();
    await tpm.run(() => tpm.virtualizer.resume());
    for (let number = 0; number < 4; number++) assert.equal(await client.code(sign(TRANSIENT + number)), 0);
    for (const session of sessions) assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('restores saved sessions after a restart of the broker, and flushes the rest', async () => {
    const client = tpm.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createSigner()));
    const kept = handleIn(await client.send(startAuthSession('policy')));
    const blob = blobIn(await client.send(contextSave(kept)));
    for (let number = 0; number < 4; number++) handleIn(await client.send(startAuthSession('hmac')));
    const previous = tpm.virtualizer.snapshot();
    const next = await VirtualTpm20.start(transmit, { previous });
    assert.deepEqual(await physicalHandles(TRANSIENT), []);
    assert.deepEqual(await physicalHandles(LOADED_SESSION_FIRST), []);
    assert.equal((await physicalHandles(ACTIVE_SESSION_FIRST)).length, 1);
    assert.equal(await next.client('uid:1001').code(contextLoad(blob)), NOT_THE_CALLERS);
    assert.equal(handleIn(await next.client().send(contextLoad(blob))), kept);
  });

  it('never flushes what it did not create', async () => {
    const foreign = handleIn(await transmit(createPrimary()));
    const foreignSession = handleIn(await transmit(startAuthSession('hmac')));
    const client = tpm.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createSigner()));
    for (let number = 0; number < 4; number++) handleIn(await client.send(startAuthSession('policy')));
    await client.close();
    assert.deepEqual(await physicalHandles(TRANSIENT), [foreign]);
    assert.deepEqual(await physicalHandles(LOADED_SESSION_FIRST), [foreignSession]);
  });

  it('answers Startup like a started TPM, and reports the limits for a caller of the broker', async () => {
    const client = tpm.client();
    assert.equal(await client.code(startup()), TPM_RC.INITIALIZE);
    handleIn(await client.send(createSigner()));
    const fixed = propertiesIn(await client.send(getCapability(TPM_CAP.TPM_PROPERTIES, TPM_PT.FIXED, 0x40)));
    const variable = propertiesIn(await client.send(getCapability(TPM_CAP.TPM_PROPERTIES, TPM_PT.VAR, 0x40)));
    assert.equal(fixed.get(TPM_PT.CONTEXT_GAP_MAX), 0xffffffff);
    assert.equal(fixed.get(TPM_PT.HR_TRANSIENT_MIN), 28);
    assert.equal(variable.get(TPM_PT.HR_TRANSIENT_AVAIL), 27);
    assert.equal(variable.get(TPM_PT.HR_LOADED), 0);
  });

  it('refuses commands beyond the quotas with the resource manager’s codes, and leaves room for other users', async () => {
    const greedy = tpm.client();
    let objects = 0;
    while ((await greedy.code(createSigner())) === 0) objects++;
    assert.equal(objects, 28);
    assert.equal(await greedy.code(createSigner()), OBJECT_QUOTA);
    let sessions = 0;
    for (;;) {
      const client = tpm.client();
      let code = 0;
      for (let number = 0; number < 4 && code === 0; number++) {
        code = await client.code(startAuthSession('hmac'));
        if (code === 0) sessions++;
      }
      if (code === 0) continue;
      assert.equal(code, SESSION_QUOTA);
      break;
    }
    assert.equal(sessions, 32);
    const other = tpm.client('uid:1001');
    for (let number = 0; number < 4; number++) assert.equal(await other.code(startAuthSession('policy')), 0);
    assert.equal(await other.code(createSigner()), 0);
  }).timeout(60_000);

  it('flushes a user’s oldest abandoned session beyond the limit', async () => {
    const blobs: Uint8Array[] = [];
    for (let number = 0; number < 5; number++) {
      const client = tpm.client();
      const session = handleIn(await client.send(startAuthSession('policy')));
      blobs.push(blobIn(await client.send(contextSave(session))));
      await client.close();
    }
    const later = tpm.client();
    const codes: number[] = [];
    for (const blob of blobs) codes.push(await later.code(contextLoad(blob)));
    assert.deepEqual(codes, [NOT_THE_CALLERS, 0, 0, 0, 0]);
  });

  it('repairs the context gap of the TPM, which is 65535, while callers’ blobs stay valid', async () => {
    const [keeper, busy] = [tpm.client(), tpm.client('uid:1001')];
    const kept: { session: number; blob: Uint8Array; digest: Uint8Array }[] = [];
    for (let number = 0; number < 4; number++) {
      const session = handleIn(await keeper.send(startAuthSession('policy')));
      assert.equal(await keeper.code(policyCommandCode(session, TPM_CC.Sign)), 0);
      const digest = await keeper.send(policyGetDigest(session));
      kept.push({ session, digest, blob: blobIn(await keeper.send(contextSave(session))) });
    }
    const session = handleIn(await busy.send(startAuthSession('hmac')));
    for (let saves = 0; saves < 66_000; saves++) {
      const blob = blobIn(await busy.send(contextSave(session)));
      assert.equal(handleIn(await busy.send(contextLoad(blob))), session);
    }
    for (const { session: own, blob, digest } of kept) {
      assert.equal(handleIn(await keeper.send(contextLoad(blob))), own);
      assert.deepEqual(await keeper.send(policyGetDigest(own)), digest);
    }
  }).timeout(180_000);

  it('protects one context’s objects and sessions against thousands of mutated commands of another', async () => {
    const [victim, attacker] = [tpm.client(), tpm.client('uid:1001')];
    for (let number = 0; number < 4; number++) handleIn(await victim.send(createSigner()));
    const session = handleIn(await victim.send(startAuthSession('policy')));
    assert.equal(await victim.code(policyCommandCode(session, TPM_CC.Sign)), 0);
    const digest = await victim.send(policyGetDigest(session));
    const keys: Uint8Array[] = [];
    for (let number = 0; number < 4; number++) keys.push(await victim.send(readPublic(TRANSIENT + number)));
    const random = seededRandom(20);
    const codes = tpm.virtualizer.commandCodes().filter((code) => !WHOLE_TPM_COMMANDS.has(code));
    const interesting = [
      TRANSIENT,
      TRANSIENT + 1,
      TRANSIENT + 3,
      session,
      handleNumber(session),
      TPM_RH.OWNER,
      TPM_RH.NULL,
    ];
    for (let count = 0; count < 4000; count++) {
      const code = codes[random() % codes.length] as number;
      const body = Array.from({ length: random() % 48 }, () => random() & 0xff);
      const handles = [interesting[random() % interesting.length], interesting[random() % interesting.length]];
      const parts = [...handles.slice(0, random() % 3).flatMap((handle) => u32(handle as number)), ...body];
      const withSession = random() % 3 === 0;
      const bytes = withSession ? authorized(code, handles as number[], body, [{ session }]) : command(code, parts);
      await attacker.send(bytes);
    }
    for (let number = 0; number < 4; number++) {
      assert.deepEqual(await victim.send(readPublic(TRANSIENT + number)), keys[number]);
    }
    assert.deepEqual(await victim.send(policyGetDigest(session)), digest);
    await attacker.close();
    await victim.close();
    assert.deepEqual(await physicalHandles(TRANSIENT), []);
    assert.deepEqual(await physicalHandles(LOADED_SESSION_FIRST), []);
  }).timeout(120_000);
});

/** Commands that affect the whole TPM or take seconds, which only administrators send. */
const WHOLE_TPM_COMMANDS: ReadonlySet<number> = new Set([
  TPM_CC.HierarchyControl,
  TPM_CC.NV_UndefineSpace,
  TPM_CC.ChangeEPS,
  TPM_CC.ChangePPS,
  TPM_CC.Clear,
  TPM_CC.ClearControl,
  TPM_CC.ClockSet,
  TPM_CC.HierarchyChangeAuth,
  TPM_CC.PCR_Allocate,
  TPM_CC.PCR_SetAuthPolicy,
  TPM_CC.PP_Commands,
  TPM_CC.ClockRateAdjust,
  TPM_CC.CreatePrimary,
  TPM_CC.NV_GlobalWriteLock,
  TPM_CC.IncrementalSelfTest,
  TPM_CC.SelfTest,
  TPM_CC.Shutdown,
  TPM_CC.Create,
  TPM_CC.CreateLoaded,
]);

/** xorshift32: the same commands in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
