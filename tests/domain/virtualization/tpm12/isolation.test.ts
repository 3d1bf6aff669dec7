import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, uint16, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RT, TPM_TAG } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import type { VirtualClient } from '../../../support/virtual-tpm.js';
import { ALICE, BOB, handleIn, modelBroker } from '../../../support/virtual-tpm12.js';

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
  it('holds for arbitrary bytes: every response is complete, and names nothing of another context', async () => {
    const { tpm, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const session = handleIn(await alice.send(command.oiap()));
    const ordinals = fc.oneof(fc.integer({ min: 0, max: 260 }), fc.constantFrom(...INTERESTING));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(TPM_TAG.RQU_COMMAND, TPM_TAG.RQU_AUTH1_COMMAND, TPM_TAG.RQU_AUTH2_COMMAND),
        ordinals,
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        async (tag, ordinal, body, direct) => {
          if (CLEARING.has(ordinal)) return; // these clear everything, rightly
          const bytes = concat(uint16(tag), uint32(10 + body.length), uint32(ordinal), body);
          const response = await (direct ? bob.send(bytes) : bob.exchange(bytes));
          assert.equal(readUint32(response, 2), response.length);
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(tpm.keys.size <= 3);
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
  });

  /** The resources that a context believes it has. */
  interface Belief {
    readonly keys: Map<number, number>;
    readonly sessions: Map<number, { identity: number | undefined; key: number | undefined }>;
  }

  it('holds for any operations in any order: each context reaches only its own keys and sessions', async () => {
    const step = fc.record({
      who: fc.constantFrom(0, 1, 2),
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
      direct: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const { tpm, virtualizer, alice, bob, aliceToo } = await modelBroker({
          limits: { sessionsPerUser: 9, keysPerUser: 9 },
        });
        const clients = [alice, bob, aliceToo];
        const beliefs = new Map<VirtualClient, Belief>();
        const believe = (client: VirtualClient) => beliefs.set(client, { keys: new Map(), sessions: new Map() });
        for (const client of clients) believe(client);
        for (const { who, act, which, continues, direct } of steps) {
          const client = clients[who] as VirtualClient;
          const { keys, sessions } = beliefs.get(client) as Belief;
          const [keyHandle, keyIdentity] = pick([...keys], which) ?? [undefined, undefined];
          const [sessionHandle, session] = pick([...sessions], which) ?? [undefined, undefined];
          const key = 1 + (which % 4);
          if (act === 'load' && keys.size < 4) keys.set(handleIn(await client.send(command.loadKey2(key))), key);
          if (act === 'oiap' && sessions.size < 4) {
            sessions.set(handleIn(await client.send(command.oiap())), { identity: undefined, key: undefined });
          }
          if (act === 'osap' && keyHandle !== undefined && sessions.size < 4) {
            sessions.set(handleIn(await client.send(command.osap(keyHandle))), { identity: undefined, key: keyHandle });
          }
          if ((act === 'sign' || act === 'fail') && sessionHandle !== undefined && session !== undefined) {
            const used = session.key ?? keyHandle;
            if (used === undefined) continue;
            const wrong = act === 'fail';
            const bytes = command.sign(used, sessionHandle, continues, wrong);
            const response = await (direct ? client.send(bytes) : client.exchange(bytes));
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
            assert.equal(await client.code(command.flush(keyHandle, TPM_RT.KEY)), 0);
            keys.delete(keyHandle);
            for (const [handle, { key: bound }] of sessions) if (bound === keyHandle) sessions.delete(handle);
          }
          if (act === 'flushSession' && sessionHandle !== undefined) {
            assert.equal(await client.code(command.flush(sessionHandle, TPM_RT.AUTH)), 0);
            sessions.delete(sessionHandle);
          }
          if (act === 'reopen') {
            await client.close();
            virtualizer.openContext(client.contextId, client === bob ? BOB : ALICE);
            believe(client);
          }
          const identities = [...beliefs.values()].flatMap(({ sessions: all }) => [...all.values()]);
          const known = identities.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
          assert.equal(new Set(known).size, known.length, 'two handles for one session');
        }
        for (const client of clients) await client.close();
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
