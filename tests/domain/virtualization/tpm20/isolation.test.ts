/**
 * Tests that no sequence of commands of one context reaches another's resources, and that nothing leaks, even if the
 * transport fails.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import {
  ACTIVE_SESSION_FIRST,
  LOADED_SESSION_FIRST,
  TPM_RC,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, OBJECT_QUOTA, SESSION_QUOTA } from '../../../../ts-core/domain/tpm20/responses.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getRandomWithSession,
  handleListIn,
  hashSequenceStart,
  listHandles,
  policyGetDigest,
  readPublic,
  startAuthSession,
} from '../../../support/tpm20-commands.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import { VirtualTpm20 } from '../../../support/virtual-tpm20.js';

/** The response for a number beyond the slots of the context. */
const BEYOND_SLOTS = aboutHandle(TPM_RC.VALUE, 0);
const LIMITS = { resourcesPerContext: 6, sessionsPerContext: 4, objectsPerUser: 100, abandonedSessionsPerUser: 2 };

/** What one client may know, recorded independently of the broker. */
interface Expected {
  readonly client: VirtualClient;
  readonly userKey: string;
  readonly objects: Map<number, number>;
  readonly sessions: Map<number, number>;
}

interface SavedExpected {
  readonly blob: Uint8Array;
  readonly userKey: string;
  readonly handle: number;
  readonly tag: number;
  readonly isSession: boolean;
}

class World {
  readonly tpm: ScriptedTpm20;
  readonly saved: SavedExpected[] = [];
  clients: Expected[] = [];
  broker!: VirtualTpm20;

  constructor(options: ConstructorParameters<typeof ScriptedTpm20>[0]) {
    this.tpm = new ScriptedTpm20(options);
  }

  connect(userKey: string): void {
    this.clients.push({ client: this.broker.client(userKey), userKey, objects: new Map(), sessions: new Map() });
  }
}

type Step = readonly [who: number, what: number, which: number];
const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(11), fc.nat(7)), { minLength: 1, maxLength: 120 });
const USERS = ['uid:1000', 'uid:1000', 'uid:1001'];

/** Executes one step and compares the response with what this client may know. */
async function step(world: World, [who, what, which]: Step): Promise<void> {
  const me = world.clients[who] as Expected;
  const handle = TRANSIENT_FIRST + which;
  const session = sessionAt(world, which);
  switch (what) {
    case 0:
    case 1: {
      const response = await me.client.send(what === 0 ? createPrimary() : hashSequenceStart());
      if (me.objects.size + me.sessions.size >= LIMITS.resourcesPerContext)
        assert.equal(responseCodeOf(response), OBJECT_QUOTA);
      if (responseCodeOf(response) === 0) me.objects.set(readUint32(response, 10), readUint32(response, 14));
      return;
    }
    case 2:
    case 3: {
      const response = await me.client.send(readPublic(handle));
      const tag = me.objects.get(handle);
      if (tag === undefined)
        assert.equal(responseCodeOf(response), which < LIMITS.resourcesPerContext ? TPM_RC.REFERENCE_H0 : BEYOND_SLOTS);
      else assert.deepEqual([responseCodeOf(response), readUint32(response, 10)], [0, tag]);
      return;
    }
    case 4: {
      const code = await me.client.code(flushContext(handle));
      assert.equal(code === 0, me.objects.delete(handle));
      return;
    }
    case 5: {
      const response = await me.client.send(contextSave(handle));
      const tag = me.objects.get(handle);
      assert.equal(responseCodeOf(response) === 0, tag !== undefined);
      if (tag === undefined) return;
      world.saved.push({ blob: response.slice(10), userKey: me.userKey, handle, tag, isSession: false });
      return;
    }
    case 6: {
      const response = await me.client.send(startAuthSession('policy'));
      if (responseCodeOf(response) !== 0) return assert.equal(responseCodeOf(response), SESSION_QUOTA);
      const started = readUint32(response, 10);
      me.sessions.set(started, await tagOf(me, started));
      return;
    }
    case 7: {
      const own = me.sessions.get(session);
      const response = await me.client.send(policyGetDigest(session));
      if (own === undefined) assert.equal(responseCodeOf(response), TPM_RC.REFERENCE_H0);
      else assert.deepEqual([responseCodeOf(response), readUint32(response, 10)], [0, own]);
      return;
    }
    case 8: {
      const response = await me.client.send(contextSave(session));
      const tag = me.sessions.get(session);
      assert.equal(responseCodeOf(response) === 0, tag !== undefined);
      if (tag === undefined) return;
      me.sessions.delete(session);
      world.saved.push({ blob: response.slice(10), userKey: me.userKey, handle: session, tag, isSession: true });
      return;
    }
    case 9:
      return await load(world, me, which);
    case 10: {
      const ends = await me.client.code(getRandomWithSession(session, 0));
      assert.equal(ends === 0, me.sessions.delete(session));
      return;
    }
    default:
      return await listings(me);
  }
}

function sessionAt(world: World, which: number): number {
  const all = world.clients.flatMap(({ sessions }) => [...sessions.keys()]);
  return all[which % Math.max(all.length, 1)] ?? ACTIVE_SESSION_FIRST + which;
}

async function tagOf(me: Expected, session: number): Promise<number> {
  const response = await me.client.send(policyGetDigest(session));
  assert.equal(responseCodeOf(response), 0);
  return readUint32(response, 10);
}

async function load(world: World, me: Expected, which: number): Promise<void> {
  const saved = world.saved[which % Math.max(world.saved.length, 1)];
  if (!saved) return;
  const response = await me.client.send(contextLoad(saved.blob));
  if (responseCodeOf(response) !== 0) return;
  const handle = readUint32(response, 10);
  if (!saved.isSession) {
    assert.equal(me.objects.has(handle), false);
    me.objects.set(handle, saved.tag);
    return;
  }
  assert.equal(saved.userKey, me.userKey, 'another user loaded a saved session');
  assert.equal(handle, saved.handle);
  assert.equal(await tagOf(me, handle), saved.tag, 'a session was loaded twice or mixed up');
  for (const { sessions } of world.clients) assert.equal(sessions.has(handle), false);
  me.sessions.set(handle, saved.tag);
}

async function listings(me: Expected): Promise<void> {
  const listed = async (first: number) => handleListIn(await me.client.send(listHandles(first))).handles;
  assert.deepEqual(await listed(TRANSIENT_FIRST), [...me.objects.keys()].sort());
  assert.deepEqual([...(await listed(LOADED_SESSION_FIRST))].sort(), [...me.sessions.keys()].sort());
}

describe('isolation of TPM 2.0 contexts', () => {
  for (const options of [{}, { objectSlots: 2, sessionSlots: 2, gapMax: 40, refusesToSaveSequences: true }]) {
    it(`holds over any sequence of commands of three contexts of two users, on a TPM with ${JSON.stringify(options)}`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const world = new World(options);
          world.broker = await VirtualTpm20.start((bytes) => world.tpm.transmit(bytes), { limits: LIMITS });
          for (const user of USERS) world.connect(user);
          // A TPM that will not save sequences can be full of them; then creating and loading fail, and nothing else.
          const sequencesFill = options.refusesToSaveSequences === true;
          for (const one of sequence) {
            if (sequencesFill && one[1] === 1) continue;
            await step(world, one);
          }
          for (const { client } of world.clients) await client.close();
          assert.equal(world.tpm.objects.size, 0);
          assert.equal(world.tpm.loadedSessions().length, 0);
          assert.ok(world.tpm.sessions.size <= 2 * LIMITS.abandonedSessionsPerUser);
          assert.equal(world.broker.virtualizer.resources().length, world.tpm.sessions.size);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('holds, and leaves nothing behind, if the transport fails at any moment, before or after the TPM acted', async () => {
    const failures = fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, failures, async (sequence, plan) => {
        const tpm = new ScriptedTpm20({ gapMax: 20 });
        let failing = false;
        let count = 0;
        const waits = new Map(plan);
        const broker = await VirtualTpm20.start(
          (bytes) => {
            const failure = failing ? waits.get(count++) : undefined;
            if (failure === false) throw new Error('lost on the way there');
            const response = tpm.transmit(bytes);
            if (failure === true) throw new Error('lost on the way back');
            return response;
          },
          { limits: LIMITS },
        );
        const clients = USERS.map((user) => broker.client(user));
        const tags = clients.map(() => new Set<number>());
        failing = true;
        for (const [who, what, which] of sequence) {
          const client = clients[who] as VirtualClient;
          const own = tags[who] as Set<number>;
          try {
            if (what < 5) {
              const response = await client.send(createPrimary());
              if (responseCodeOf(response) === 0) own.add(readUint32(response, 14));
            } else if (what < 9) {
              const response = await client.send(readPublic(TRANSIENT_FIRST + which));
              if (responseCodeOf(response) === 0)
                assert.ok(own.has(readUint32(response, 10)), 'reached another’s object');
            } else if (what === 9) {
              await client.code(startAuthSession('hmac'));
            } else if (what === 10) {
              await client.code(flushContext(TRANSIENT_FIRST + which));
            } else {
              await client.code(policyGetDigest(LOADED_SESSION_FIRST + which));
            }
          } catch (error) {
            assert.match(String(error), /lost on the way/);
          }
        }
        failing = false;
        for (const client of clients) await client.close();
        assert.deepEqual([tpm.objects.size, tpm.sessions.size], [0, 0]);
        assert.deepEqual(broker.virtualizer.resources(), []);
        assert.deepEqual(broker.virtualizer.snapshot().ownedHandles, []);
      }),
      { numRuns: 300 },
    );
  });
});
