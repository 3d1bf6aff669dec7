/** Tests the client library for Node.js with a real broker. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Broker, BrokerError, connect } from '../../ts-core/client/index.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { getRandom } from '../support/tpm20-commands.js';

describe('the client library', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  let broker: Broker;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(() => daemon[Symbol.asyncDispose]());
  beforeEach(async () => {
    broker = await connect({ socket: daemon.rpcSocket });
  });
  afterEach(() => broker.close());

  it('sends a command, with and without a context', async () => {
    const { response, responseName } = await broker.submit(getRandom(8));
    assert.deepEqual([responseName, response.length], ['TPM_RC_SUCCESS', 20]);
    const context = await broker.openContext(['2.0']);
    assert.equal(context.tpmVersion, '2.0');
    assert.equal((await context.submit(getRandom(4), { priority: 300 })).appliedPriority, 300);
    assert.equal((await broker.status()).contexts, 1);
    await context.close();
    await assert.rejects(context.submit(getRandom(4)), BrokerError);
  });

  it('throws the broker’s refusal, with its symbol and what to do', async () => {
    await broker.call('commandBlock/add', { commands: ['TPM2_GetRandom'] });
    const refusal = await broker.submit(getRandom(8)).catch((error: unknown) => error);
    await broker.call('commandBlock/remove', { commands: ['TPM2_GetRandom'] });
    assert.ok(refusal instanceof BrokerError);
    assert.equal(refusal.symbol, 'TPM_E_COMMAND_BLOCKED');
    assert.match(refusal.action, /Remove-TbsCommandBlock|tbs block/);
  });

  it('returns events to each of its loops, starting with past ones', async () => {
    await broker.call('commandBlock/add', { commands: ['TPM2_Hash'] });
    const loops = [broker.events({ recent: 1 }), broker.events({ recent: 1 })];
    for (const events of loops) assert.equal((await events.next()).value?.kind, 'listChanged');
    await broker.call('commandBlock/remove', { commands: ['TPM2_Hash'] });
    for (const events of loops) assert.match((await events.next()).value?.message ?? '', /TPM2_Hash/);
    broker.close();
    for (const events of loops) assert.equal((await events.next()).done, true);
  });

  it('reads and sets policy and the lockout', async () => {
    const name = 'standardUserAuthorizationFailureIndividualThreshold';
    const settings = { [name]: 3 };
    assert.equal((await broker.policy.test(settings)).compliant, false);
    await broker.policy.set(settings);
    assert.equal((await broker.policy.test(settings)).compliant, true);
    assert.equal((await broker.lockout.get()).individualThreshold, 3);
    assert.equal((await broker.lockout.reset()).totalFailures, 0);
    await broker.policy.set({ [name]: null });
  });

  it('rejects pending and new calls once the connection is closed', async () => {
    const connection = await connect({ socket: daemon.rpcSocket });
    const waiting = connection.status();
    connection.close();
    for (const asked of [waiting, connection.status()]) await assert.rejects(asked, /has closed its connection/);
    assert.equal((await connection.events().next()).done, true);
  });

  it('reports that no broker answers', async () => {
    await assert.rejects(connect({ socket: join(daemon.folder, 'none.sock') }), (error: unknown) => {
      assert.ok(error instanceof BrokerError);
      return error.symbol === 'TBS_E_SERVICE_NOT_RUNNING';
    });
  });

  it('runs the example', () => {
    const output = execFileSync(process.execPath, [join(REPOSITORY, 'examples', 'random-bytes.mjs'), '16'], {
      env: { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket },
      encoding: 'utf8',
    });
    assert.match(
      output,
      /^TPM_RC_SUCCESS after [\d.]+ ms: [0-9a-f]{32}\nlocked out after 4 failures within 480 minutes\n$/,
    );
  });

  it('ends its loops with an error when the broker ends the connection', async () => {
    await using other = await TestDaemon.start();
    const connection = await connect({ socket: other.rpcSocket });
    const events = connection.events();
    await connection.status();
    await other.stop();
    await assert.rejects(async () => {
      for await (const _ of events);
    }, BrokerError);
    connection.close();
  });
});
