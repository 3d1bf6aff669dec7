import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, uint16, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { ALICE, BOB, broker } from '../../../support/virtual-tpm12.js';

/** Ordinals that clear the TPM, and so everything that contexts hold. */
const CLEARING: ReadonlySet<number> = new Set([TPM_ORD.OwnerClear, TPM_ORD.ForceClear, TPM_ORD.RevokeTrust]);
const INTERESTING: readonly number[] = [
  TPM_ORD.ExecuteTransport,
  TPM_ORD.LoadContext,
  TPM_ORD.FlushSpecific,
  TPM_ORD.SaveContext,
  TPM_ORD.SaveKeyContext,
  TPM_ORD.SaveAuthContext,
  TPM_ORD.GetCapability,
];

describe('isolation of TPM 1.2 contexts', () => {
  it('holds for arbitrary bytes: every response is complete, and names nothing of another context', () => {
    const { made, send, tpm, code } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    const ordinals = fc.oneof(fc.integer({ min: 0, max: 260 }), fc.constantFrom(...INTERESTING));
    fc.assert(
      fc.property(
        fc.constantFrom(0xc1, 0xc2, 0xc3),
        ordinals,
        fc.uint8Array({ maxLength: 200 }),
        (tag, ordinal, body) => {
          if (CLEARING.has(ordinal)) return; // these clear everything, rightly
          const response = send(2, concat(uint16(tag), uint32(10 + body.length), uint32(ordinal), body));
          assert.equal(readUint32(response, 2), response.length);
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(tpm.keys.size <= 3);
    assert.equal(code(1, command.sign(key, session, true)), 0);
  });

  /** The resources that a context believes it has. */
  interface Belief {
    readonly keys: Map<number, number>;
    readonly sessions: Map<number, { identity: number | undefined; key: number | undefined }>;
  }

  it('holds for any operations in any order: each context reaches only its own keys and sessions', () => {
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
