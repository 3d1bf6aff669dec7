/** Tests submissions without a context on a real software TPM. */
import assert from 'node:assert/strict';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TestDaemon } from '../support/daemon.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import {
  createPrimaryEcc,
  createPrimaryRsa,
  FIELD_UPGRADE_20,
  GET_RANDOM_20,
  SIGNING_KEY,
} from '../support/tpm20-commands.js';

describe('a submission without a context', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  let client: RpcClient;

  before(async () => {
    daemon = await TestDaemon.start();
    client = await daemon.connect();
  });
  after(async () => {
    client?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  async function submit(command: Buffer): Promise<number> {
    const parameters = { command: command.toString('base64') };
    const { response } = await client.call<{ response: string }>('command/submit', parameters);
    return responseCodeOf(Buffer.from(response, 'base64'));
  }

  async function count(method: string, member: string): Promise<number> {
    return ((await client.call<Record<string, unknown[]>>(method))[member] as unknown[]).length;
  }

  it('runs in a temporary one, which ends with everything that the command created', async () => {
    assert.equal(await submit(createPrimaryEcc('x', SIGNING_KEY.noDa)), 0);
    assert.equal(await count('context/list', 'contexts'), 0);
    assert.equal(await count('resource/list', 'resources'), 0);
  });

  it('leaves no context behind when it is refused', async () => {
    await assert.rejects(submit(FIELD_UPGRADE_20), (error) => error instanceof RpcFailure);
    assert.equal(await count('context/list', 'contexts'), 0);
  });

  it('is cancelled by a cancel without a context, which does not affect the connection’s contexts', async () => {
    const contextId = await client.open();
    const running = client.submit(contextId, createPrimaryRsa(1, 3072));
    const kept = client.submit(contextId, GET_RANDOM_20);
    const cancelled = [submit(GET_RANDOM_20), submit(GET_RANDOM_20)].map((outcome) =>
      outcome.catch((error: unknown) => (error instanceof RpcFailure ? error.data.symbol : String(error))),
    );
    await client.call('command/cancel', {});
    assert.deepEqual(await Promise.all(cancelled), ['TBS_E_COMMAND_CANCELED', 'TBS_E_COMMAND_CANCELED']);
    assert.equal(responseCodeOf(await running), 0);
    assert.equal(responseCodeOf(await kept), 0);
    await client.call('context/close', { contextId });
    assert.equal(await count('context/list', 'contexts'), 0);
  });

  it('releases everything when its caller disconnects', async () => {
    const other = await daemon.connect();
    const lost = other.call('command/submit', { command: createPrimaryRsa(2, 2048).toString('base64') });
    lost.catch(() => undefined);
    await other.call('device/get');
    other.close();
    assert.equal(await submit(GET_RANDOM_20), 0);
    for (let tries = 0; tries < 200 && (await count('context/list', 'contexts')) > 0; tries++)
      await submit(GET_RANDOM_20);
    assert.equal(await count('context/list', 'contexts'), 0);
    assert.equal(await count('resource/list', 'resources'), 0);
  });
});
