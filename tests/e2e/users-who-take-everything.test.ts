/**
 * Tests standard users who together open as much as they may: an administrator can still connect and receive events.
 */
import assert from 'node:assert/strict';
import { ALICE, BOB, canBecomeOthers, connectAs } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { RpcFailure } from '../support/rpc-client.js';

describe('standard users who use up everything', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;

  before(async function () {
    if (!canBecomeOthers()) this.skip();
    daemon = await TestDaemon.start({ configuration: { limits: { connections: 32, eventSubscribers: 4 } } });
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  it('leave connections to administrators', async () => {
    const clients = await Promise.all(
      Array.from({ length: 32 }, (_, i) => connectAs(i % 2 ? ALICE : BOB, daemon.rpcSocket)),
    );
    const served = await Promise.all(
      clients.map((client) =>
        client.call('device/get').then(
          () => true,
          () => false,
        ),
      ),
    );
    assert.equal(served.filter(Boolean).length, 30);
    const root = await daemon.connect();
    await root.call('status/get');
    for (const client of [...clients, root]) client.close();
    await Promise.all(clients.map((client) => client.closed()));
  });

  it('leave places for administrators among event subscribers', async () => {
    const root = await daemon.connect();
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectAs(ALICE, daemon.rpcSocket)));
    const followed = await Promise.all(
      clients.map((client) =>
        client.call('event/subscribe').then(
          () => 'follows',
          (error: unknown) => (error instanceof RpcFailure ? error.data.symbol : 'closed'),
        ),
      ),
    );
    assert.deepEqual(followed, [...Array(4).fill('follows'), 'TBS_E_TOO_MANY_RESOURCES']);
    await root.call('event/subscribe');
    for (const client of [...clients, root]) client.close();
  });
});
