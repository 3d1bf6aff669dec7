import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, sized, uint16, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../../../ts-core/domain/tpm/exchange.js';
import { TPM_ORD, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import type { Tpm12Limits } from '../../../../ts-core/domain/virtualization/tpm12/quotas.js';
import { Tpm12Virtualizer } from '../../../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';

const ALICE = { userKey: 'uid:1000', callerClass: 'standardUser' as const };
const BOB = { userKey: 'uid:1001', callerClass: 'standardUser' as const };
const INVALID_KEYHANDLE = 0x0c;
const INVALID_AUTHHANDLE = 0x22;

function drive<Result>(exchange: Exchange<Result>, tpm: ModelTpm12): Result {
  let step = exchange.next();
  while (!step.done) step = exchange.next(tpm.answer(step.value));
  return step.value;
}

/** A virtualizer with contexts 1 (Alice), 2 (Bob) and 3 (Alice again) in front of a model TPM. */
function broker(limits: Partial<Tpm12Limits> = {}, tpm = new ModelTpm12()) {
  const virtualizer = new Tpm12Virtualizer(limits);
  drive(virtualizer.start(undefined), tpm);
  virtualizer.openContext(1, ALICE);
  virtualizer.openContext(2, BOB);
  virtualizer.openContext(3, ALICE);
  const send = (contextId: number, bytes: Uint8Array) => drive(virtualizer.execute(contextId, bytes), tpm);
  const code = (contextId: number, bytes: Uint8Array) => readUint32(send(contextId, bytes), 6);
  const made = (contextId: number, bytes: Uint8Array) => {
    const response = send(contextId, bytes);
    assert.equal(readUint32(response, 6), 0);
    return readUint32(response, 10);
  };
  const close = (contextId: number) => drive(virtualizer.closeContext(contextId), tpm);
  return { virtualizer, tpm, send, code, made, close };
}

function handlesIn(response: Uint8Array): number[] {
  const view = new DataView(response.buffer, response.byteOffset);
  return Array.from({ length: view.getUint16(14) }, (_, index) => view.getUint32(16 + 4 * index));
}

function listOf(type: number): Uint8Array {
  return command.ordinal(TPM_ORD.GetCapability, concat(uint32(0x14), sized(uint32(type))));
}

function property(number: number): Uint8Array {
  return command.ordinal(TPM_ORD.GetCapability, concat(uint32(5), sized(uint32(number))));
}

describe('virtualization of TPM 1.2', () => {
  it('gives each context handles of its own, distinct within the context', () => {
    const { made } = broker();
    const alice = Array.from({ length: 8 }, (_, index) => made(1, command.loadKey2(index)));
    const bob = Array.from({ length: 8 }, (_, index) => made(2, command.loadKey2(index)));
    assert.equal(new Set(alice).size, 8);
    assert.equal(new Set(bob).size, 8);
  });

  it('keeps the TPM’s own handle where it is free in the context', () => {
    const { made } = broker();
    assert.equal(made(1, command.loadKey2(7)), 1);
    assert.equal(made(1, command.oiap()), 1);
  });

  it('sends nothing but the command for what is resident', () => {
    const { tpm, made, code } = broker();
    const key = made(1, command.loadKey2(7));
    const session = made(1, command.oiap());
    tpm.received.length = 0;
    assert.equal(code(1, command.sign(key, session, true)), 0);
    assert.deepEqual(tpm.received, [TPM_ORD.Sign]);
  });

  it('saves a key once, however often it leaves the TPM', () => {
    const { tpm, made, code } = broker();
    const keys = Array.from({ length: 4 }, (_, index) => made(1, command.loadKey2(index)));
    for (let round = 0; round < 3; round++) {
      for (const key of keys) assert.equal(code(1, command.sign(key, made(1, command.oiap()), false)), 0);
    }
    const saves = tpm.received.filter((ordinal) => ordinal === TPM_ORD.SaveContext);
    assert.equal(saves.length, 4);
  });

  it('evicts the least recently used key first', () => {
    const { virtualizer, made, code } = broker();
    const keys = Array.from({ length: 3 }, (_, index) => made(1, command.loadKey2(index)));
    assert.equal(code(1, command.sign(keys[0] as number, made(1, command.oiap()), false)), 0);
    made(1, command.loadKey2(9));
    const away = virtualizer.resources().filter((resource) => resource.kind === 'key' && !resource.resident);
    assert.deepEqual(
      away.map((resource) => resource.virtualHandle),
      [keys[1]],
    );
  });

  it('tells, without asking the TPM, whether a command needs a swap', () => {
    const { virtualizer, tpm, made } = broker();
    const keys = Array.from({ length: 4 }, (_, index) => made(1, command.loadKey2(index)));
    const [away, , , resident] = keys as [number, number, number, number];
    const session = made(1, command.oiap());
    tpm.received.length = 0;
    const need = (contextId: number, bytes: Uint8Array) => virtualizer.swapNeed(contextId, bytes);
    assert.equal(need(1, command.sign(away, session, true)), 'swap');
    assert.equal(need(1, command.sign(resident, session, true)), 'resident');
    assert.equal(need(3, command.sign(resident, session, true)), 'none', 'another context’s');
    assert.equal(need(99, command.oiap()), 'none', 'no such context');
    assert.equal(need(1, command.oiap()), 'none');
    assert.equal(need(1, command.flush(resident, TPM_RT.KEY)), 'resident', 'frees a slot');
    assert.equal(need(1, command.flush(away, TPM_RT.KEY)), 'none');
    assert.deepEqual(tpm.received, []);
  });

  it('refuses what exceeds the user’s quota with TPM_RESOURCES, over all of the user’s contexts', () => {
    const { made, code } = broker({ keysPerUser: 4, sessionsPerUser: 5 });
    for (let index = 0; index < 4; index++) made(index % 2 === 0 ? 1 : 3, command.loadKey2(index));
    assert.equal(code(3, command.loadKey2(9)), 0x15);
    for (let index = 0; index < 5; index++) made(1, command.oiap());
    assert.equal(code(3, command.oiap()), 0x15);
    assert.equal(code(3, command.transport()), 0x15);
    assert.equal(code(2, command.loadKey2(9)), 0);
    assert.equal(code(2, command.oiap()), 0);
  });

  it('counts the sessions that a user saved against the quota', () => {
    const { made, code } = broker({ sessionsPerUser: 4 });
    for (let index = 0; index < 4; index++)
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    assert.equal(code(1, command.oiap()), 0x15);
  });

  it('gives up a session of whoever holds most when the TPM has no slot for another', () => {
    const { tpm, made, code, virtualizer } = broker({ sessionsPerUser: 19 });
    const kept = made(2, command.oiap());
    for (let index = 0; index < 18; index++) made(1, command.oiap());
    const more = Array.from({ length: 6 }, () => made(2, command.oiap()));
    const key = made(2, command.loadKey2(5));
    for (const session of [kept, ...more]) assert.equal(code(2, command.sign(key, session, true)), 0);
    // 25 sessions for 3 loaded and 16 saved; a swap needs one free slot on the way.
    assert.equal(virtualizer.counts(1).loadedSessions, 11);
    assert.ok(tpm.savedSessions.size <= 16);
  });

  it('gives up a hoarder’s abandoned saved sessions before those in use', () => {
    const { made, code } = broker({ sessionsPerUser: 19 });
    for (let index = 0; index < 14; index++) {
      assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    }
    const used = Array.from({ length: 5 }, () => made(1, command.oiap()));
    const more = Array.from({ length: 4 }, () => made(2, command.oiap()));
    const key = made(1, command.loadKey2(1));
    for (const session of used) assert.equal(code(1, command.sign(key, session, true)), 0);
    const bobKey = made(2, command.loadKey2(1));
    for (const session of more) assert.equal(code(2, command.sign(bobKey, session, true)), 0);
  });

  it('keeps saved sessions good through any number of context gaps, held or by their caller', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { made, send, code } = broker({}, tpm);
    const bobKey = made(2, command.loadKey2(9));
    const bound = made(2, command.osap(bobKey));
    const blob = send(2, command.saveContext(bound, TPM_RT.AUTH)).slice(14);
    const idle = made(3, command.oiap());
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 4 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 3 * 0xffff) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(code(3, command.sign(made(3, command.loadKey2(2)), idle, true)), 0, 'the session that was not used');
    const again = made(2, command.loadContext(blob, bobKey));
    assert.equal(code(2, command.sign(bobKey, again, true)), 0, 'the session that its caller saved');
    assert.notEqual(code(2, command.loadContext(blob, bobKey)), 0, 'it loads once');
  });

  it('flushes a saved session, which was saved anew, by the context count that its caller knows', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 0xffff, contextStep: 500 });
    const { made, send, code } = broker({}, tpm);
    const blob = send(2, command.saveContext(made(2, command.oiap()), TPM_RT.AUTH)).slice(14);
    const count = readUint32(blob, 26);
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 4 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 0xffff) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(tpm.savedSessions.has(count), false);
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.CONTEXT))), [count]);
    const before = tpm.savedSessions.size;
    assert.equal(code(2, command.flush(count, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, before - 1);
  });

  it('gives up the oldest saved session, and no other, on a TPM that bears a smaller gap than it must', () => {
    const tpm = new ModelTpm12({ keys: 3, sessions: 3, savedSessions: 16, contextDistance: 40 });
    const { made, send, code, virtualizer } = broker({}, tpm);
    send(2, command.saveContext(made(2, command.oiap()), TPM_RT.AUTH));
    const key = made(1, command.loadKey2(1));
    const rotating = Array.from({ length: 5 }, () => made(1, command.oiap()));
    while (tpm.contextCount < 200) {
      for (const session of rotating) assert.equal(code(1, command.sign(key, session, true)), 0);
    }
    assert.equal(virtualizer.counts(2).savedSessions, 0);
  });

  it('ends the session of a command that it must fail itself, as a TPM does', () => {
    const { made, code, virtualizer } = broker();
    const session = made(1, command.oiap());
    assert.equal(code(1, command.sign(77, session, true)), INVALID_KEYHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
    const key = made(1, command.loadKey2(3));
    assert.equal(code(1, command.sign(key, session, true)), INVALID_AUTHHANDLE);
  });

  it('does not touch another context’s session of the same handle when it fails a command', () => {
    const { made, code } = broker();
    const alice = made(1, command.oiap());
    assert.equal(code(2, command.sign(77, alice, true)), INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), alice, true)), 0);
  });

  it('synchronises with the TPM after a delegation command', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(3));
    made(1, command.osap(key));
    const free = made(1, command.oiap());
    assert.equal(code(2, command.ordinal(TPM_ORD.Delegate_Manage, new Uint8Array(12))), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
    assert.equal(code(1, command.sign(key, free, true)), 0);
  });

  it('asks the TPM what it still has after a transfer that failed', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    const exchange = virtualizer.execute(1, command.sign(key, session, true));
    tpm.answer(exchange.next().value as Uint8Array);
    tpm.authSessions.clear();
    assert.throws(() => exchange.throw(new Error('the line is dead')), /the line is dead/);
    assert.equal(code(1, command.sign(key, session, true)), INVALID_AUTHHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });

  it('answers what a TPM reset took with clear errors, and goes on', () => {
    const { virtualizer, tpm, made, code } = broker();
    const key = made(1, command.loadKey2(3));
    const session = made(1, command.oiap());
    tpm.keys.clear();
    tpm.authSessions.clear();
    virtualizer.tpmWasReset();
    assert.equal(code(1, command.sign(key, session, true)), INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), made(1, command.oiap()), true)), 0);
  });

  it('lists a context its own handles only, and what is left for it', () => {
    const { made, send } = broker({ keysPerUser: 10, sessionsPerUser: 9 });
    const keys = Array.from({ length: 5 }, (_, index) => made(1, command.loadKey2(index)));
    const sessions = Array.from({ length: 4 }, () => made(1, command.oiap()));
    made(2, command.loadKey2(1));
    const transport = made(2, command.transport());
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))).sort(), [...keys].sort());
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.AUTH))).sort(), [...sessions].sort());
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.TRANS))), [transport]);
    assert.deepEqual(handlesIn(send(3, listOf(TPM_RT.KEY))), []);
    assert.equal(readUint32(send(1, property(0x104)), 14), 5);
    assert.equal(readUint32(send(1, property(0x10a)), 14), 5);
  });

  it('shows a user’s saved sessions by context count, and lets that user alone flush them', () => {
    const { made, send, code, tpm } = broker();
    assert.equal(code(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)), 0);
    const [count] = handlesIn(send(3, listOf(TPM_RT.CONTEXT)));
    assert.deepEqual(handlesIn(send(2, listOf(TPM_RT.CONTEXT))), []);
    assert.equal(code(2, command.flush(count as number, TPM_RT.CONTEXT)), 3, 'TPM_BAD_PARAMETER');
    assert.equal(code(3, command.flush(count as number, TPM_RT.CONTEXT)), 0);
    assert.equal(tpm.savedSessions.size, 0);
  });

  it('uses keys that others than the broker loaded, and flushes them for nobody', () => {
    const tpm = new ModelTpm12();
    tpm.keys.set(0x1234, { identity: 99 });
    const { made, send, code, close } = broker({}, tpm);
    assert.deepEqual(handlesIn(send(1, listOf(TPM_RT.KEY))), [0x1234]);
    const response = send(1, command.sign(0x1234, made(1, command.oiap()), false));
    assert.equal(readUint32(response, 10), 99);
    assert.equal(code(1, command.flush(0x1234, TPM_RT.KEY)), 0x44, 'TPM_KEY_OWNER_CONTROL');
    for (const contextId of [1, 2, 3]) close(contextId);
    assert.deepEqual([...tpm.keys.keys()], [0x1234]);
  });

  it('refuses TPM_Startup and TPM_Init without asking the TPM', () => {
    const { tpm, code } = broker();
    tpm.received.length = 0;
    assert.equal(code(1, command.ordinal(TPM_ORD.Startup, uint16(1))), 0x26);
    assert.equal(code(1, command.ordinal(TPM_ORD.Init)), 0x0a);
    assert.deepEqual(tpm.received, []);
  });

  it('flushes what a given-up command made', () => {
    const { virtualizer, tpm, send } = broker();
    const load = command.loadKey2(4);
    drive(virtualizer.discard(1, load, send(1, load)), tpm);
    const oiap = command.oiap();
    drive(virtualizer.discard(1, oiap, send(1, oiap)), tpm);
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, virtualizer.resources().length], [0, 0, 0]);
  });

  it('removes one resource by its id, resident or saved', () => {
    const { virtualizer, tpm, made } = broker();
    for (let index = 0; index < 5; index++) made(1, command.loadKey2(index));
    for (let index = 0; index < 5; index++) made(1, command.oiap());
    for (const { id } of virtualizer.resources()) {
      assert.equal(drive(virtualizer.removeResource(id), tpm), true);
      assert.equal(drive(virtualizer.removeResource(id), tpm), false);
    }
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.savedSessions.size], [0, 0, 0]);
  });

  it('survives any bytes: every answer is a whole response, and nothing of another context is named', () => {
    const { made, send, tpm, code } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    const ordinals = fc.oneof(fc.integer({ min: 0, max: 260 }), fc.constantFrom(231, 185, 186, 184, 180, 182, 101));
    fc.assert(
      fc.property(
        fc.constantFrom(0xc1, 0xc2, 0xc3),
        ordinals,
        fc.uint8Array({ maxLength: 200 }),
        (tag, ordinal, body) => {
          if (ordinal === 91 || ordinal === 93 || ordinal === 128) return; // these clear everything, rightly
          const response = send(2, concat(uint16(tag), uint32(10 + body.length), uint32(ordinal), body));
          assert.equal(readUint32(response, 2), response.length);
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(tpm.keys.size <= 3);
    assert.equal(code(1, command.sign(key, session, true)), 0);
  });

  /** What a context believes that it has. */
  interface Belief {
    readonly keys: Map<number, number>;
    readonly sessions: Map<number, { identity: number | undefined; key: number | undefined }>;
  }

  it('whatever contexts do in whatever order, each reaches its own keys and sessions and nobody else’s', () => {
    const step = fc.record({
      context: fc.constantFrom(1, 2, 3),
      act: fc.constantFrom(
        'load',
        'oiap',
        'osap',
        'sign',
        'sign',
        'sign',
        'fail',
        'flushKey',
        'flushSession',
        'reopen',
      ),
      which: fc.nat(1000),
      continues: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const { virtualizer, tpm, send, made, code, close } = broker({ sessionsPerUser: 9, keysPerUser: 9 });
        const beliefs = new Map<number, Belief>();
        const believe = (id: number) => beliefs.set(id, { keys: new Map(), sessions: new Map() });
        for (const id of [1, 2, 3]) believe(id);
        for (const { context, act, which, continues } of steps) {
          const { keys, sessions } = beliefs.get(context) as Belief;
          const [keyHandle, keyIdentity] = pick([...keys], which) ?? [undefined, undefined];
          const [sessionHandle, session] = pick([...sessions], which) ?? [undefined, undefined];
          const key = 1 + (which % 4);
          if (act === 'load' && keys.size < 4) keys.set(made(context, command.loadKey2(key)), key);
          if (act === 'oiap' && sessions.size < 4) {
            sessions.set(made(context, command.oiap()), { identity: undefined, key: undefined });
          }
          if (act === 'osap' && keyHandle !== undefined && sessions.size < 4) {
            sessions.set(made(context, command.osap(keyHandle)), { identity: undefined, key: keyHandle });
          }
          if ((act === 'sign' || act === 'fail') && sessionHandle !== undefined && session !== undefined) {
            const used = session.key ?? keyHandle;
            if (used === undefined) continue;
            const wrong = act === 'fail';
            const response = send(context, command.sign(used, sessionHandle, continues, wrong));
            assert.equal(readUint32(response, 6), wrong ? 1 : 0);
            if (!wrong) {
              assert.equal(readUint32(response, 10), keys.get(used));
              const identity = readUint32(response, 14);
              assert.ok(session.identity === undefined || session.identity === identity);
              session.identity = identity;
            }
            if (wrong || !continues) sessions.delete(sessionHandle);
          }
          if (act === 'flushKey' && keyHandle !== undefined && keyIdentity !== undefined) {
            assert.equal(code(context, command.flush(keyHandle, TPM_RT.KEY)), 0);
            keys.delete(keyHandle);
            for (const [handle, { key: bound }] of sessions) if (bound === keyHandle) sessions.delete(handle);
          }
          if (act === 'flushSession' && sessionHandle !== undefined) {
            assert.equal(code(context, command.flush(sessionHandle, TPM_RT.AUTH)), 0);
            sessions.delete(sessionHandle);
          }
          if (act === 'reopen') {
            close(context);
            virtualizer.openContext(context, context === 2 ? BOB : ALICE);
            believe(context);
          }
          const identities = [...beliefs.values()].flatMap(({ sessions: all }) => [...all.values()]);
          const known = identities.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
          assert.equal(new Set(known).size, known.length, 'two handles for one session');
        }
        for (const id of [1, 2, 3]) close(id);
        assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.savedSessions.size], [0, 0, 0]);
        assert.deepEqual(virtualizer.snapshot(), { savedSessions: [], ownedHandles: [] });
      }),
      { numRuns: 300 },
    );
  });
});

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}
