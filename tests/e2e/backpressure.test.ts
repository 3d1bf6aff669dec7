/**
 * Tests floods: a full queue refuses commands with an error code and the setting that an administrator can raise, and
 * no other user is delayed.
 */
import assert from 'node:assert/strict';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_CC } from '../../ts-core/domain/tpm20/codes.js';
import { ALICE, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { command, GET_RANDOM_20, u16 } from '../support/tpm20-commands.js';

/** TPM2_EC_Ephemeral on P-256: takes well under a millisecond at the TPM and creates nothing. */
const EPHEMERAL = command(TPM_CC.EC_Ephemeral, u16(3));
const LONGEST_DELAY_MS = 50;

interface Refusal {
  readonly symbol: string;
  readonly details: Record<string, unknown>;
  readonly message: string;
}

async function flood(
  client: RpcClient,
  contextId: number,
  count: number,
): Promise<{ served: number; refused: Refusal[] }> {
  let served = 0;
  const refused: Refusal[] = [];
  const submissions = Array.from({ length: count }, () =>
    client.submit(contextId, EPHEMERAL).then(
      () => served++,
      (error: unknown) => {
        assert.ok(error instanceof RpcFailure, String(error));
        refused.push({ symbol: error.data.symbol, details: error.data.details, message: error.message });
      },
    ),
  );
  await Promise.all(submissions);
  return { served, refused };
}

/** Returns the waits of successive GetRandom commands in milliseconds, the shortest first. */
async function waits(client: RpcClient, contextId: number, count: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAtMs = performance.now();
    assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    tookMs.push(performance.now() - startedAtMs);
  }
  return tookMs.sort((a, b) => a - b);
}

describe('floods', function () {
  this.timeout(60_000);

  before(function () {
    // One user floods while the test measures the waits of another, so it needs root.
    if (!canBecomeOthers()) this.skip();
  });

  for (const { setting, limits, contexts, limit } of [
    {
      setting: 'limits.queuedSubmissionsPerContext',
      limits: { queuedSubmissionsPerContext: 8 },
      contexts: 1,
      limit: 8,
    },
    { setting: 'limits.queuedSubmissionsPerUser', limits: { queuedSubmissionsPerUser: 20 }, contexts: 4, limit: 20 },
    { setting: 'limits.queuedSubmissions', limits: { queuedSubmissions: 10 }, contexts: 4, limit: 10 },
  ]) {
    it(`beyond ${setting} get TBS_E_TOO_MANY_RESOURCES immediately, with the name of the setting`, async () => {
      await using daemon = await TestDaemon.start({ configuration: { limits } });
      const alice = await connectAs(ALICE, daemon.rpcSocket);
      const contextIds = await Promise.all(Array.from({ length: contexts }, () => alice.open()));
      const results = await Promise.all(contextIds.map((contextId) => flood(alice, contextId, 30)));
      const refused = results.flatMap((result) => result.refused);
      const served = results.reduce((sum, result) => sum + result.served, 0);
      assert.ok(refused.length > 0, 'the queue was full');
      assert.equal(served + refused.length, contexts * 30, 'every command is answered');
      for (const { symbol, details, message } of refused) {
        assert.equal(symbol, 'TBS_E_TOO_MANY_RESOURCES');
        assert.deepEqual({ setting: details['setting'], limit: details['limit'] }, { setting, limit });
        assert.ok(message.includes(setting), message);
      }
      assert.equal(
        responseCodeOf(await alice.submit(contextIds[0] as number, GET_RANDOM_20)),
        0,
        'the broker continues',
      );
      alice.close();
    });
  }

  for (const { name, connections, contextsEach } of [
    { name: 'one context', connections: 1, contextsEach: 1 },
    { name: 'one user with 20 connections of 4 contexts', connections: 20, contextsEach: 4 },
  ]) {
    it(`of ${name} delay another user by less than ${LONGEST_DELAY_MS} ms`, async () => {
      await using daemon = await TestDaemon.start();
      const bob = await connectAs(BOB, daemon.rpcSocket);
      const bobs = await bob.open();
      let going = true;
      const floods: Promise<void>[] = [];
      const clients: RpcClient[] = [];
      for (let index = 0; index < connections; index++) {
        const alice = await connectAs(ALICE, daemon.rpcSocket);
        clients.push(alice);
        for (let count = 0; count < contextsEach; count++) {
          const contextId = await alice.open();
          floods.push(
            (async () => {
              while (going) await flood(alice, contextId, 16);
            })(),
          );
        }
      }
      const tookMs = await waits(bob, bobs, 40);
      going = false;
      await Promise.all(floods);
      const median = tookMs[20] as number;
      assert.ok(median < LONGEST_DELAY_MS, `median ${median} ms, longest ${tookMs.at(-1)} ms`);
      for (const client of [bob, ...clients]) client.close();
    });
  }
});
