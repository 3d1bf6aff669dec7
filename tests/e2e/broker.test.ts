/** Tests the real daemon on a real software TPM, from the point of view of its callers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { TBS_RESULTS } from '../../ts-core/domain/tbs-error.js';
import { uint16 } from '../../ts-core/domain/tpm/byte-fields.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_TAG } from '../../ts-core/domain/tpm12/codes.js';
import { TestDaemon } from '../support/daemon.js';
import { type RpcClient, RpcFailure } from '../support/rpc-client.js';
import { command12, GET_RANDOM_12 } from '../support/tpm12-commands.js';
import { command, FIELD_UPGRADE_20, GET_RANDOM_20 } from '../support/tpm20-commands.js';

/** TPM2_GetRandom with this number in the size field of its header. */
function withSize(size: number): Buffer {
  const bytes = Buffer.from(GET_RANDOM_20);
  bytes.writeUInt32BE(size, 2);
  return bytes;
}

async function failure(call: Promise<unknown>): Promise<RpcFailure> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof RpcFailure, String(error));
    return error;
  }
  throw new Error('the call succeeded');
}

describe('the broker, on swtpm', function () {
  this.timeout(60_000);

  describe('TPM 2.0', () => {
    let daemon: TestDaemon;
    let client: RpcClient;
    let contextId: number;

    before(async () => {
      daemon = await TestDaemon.start();
    });
    after(() => daemon[Symbol.asyncDispose]());
    beforeEach(async () => {
      client = await daemon.connect();
      contextId = await client.open();
    });
    afterEach(() => client.close());

    it('answers a command with the TPM’s response', async () => {
      const first = await client.submit(contextId, GET_RANDOM_20);
      const second = await client.submit(contextId, GET_RANDOM_20);
      assert.equal(responseCodeOf(first), 0);
      assert.equal(first.length, 20);
      assert.notDeepEqual(first, second);
    });

    it('returns the TPM’s identity', async () => {
      const device = await client.call('device/get');
      assert.equal(device['tpmVersion'], '2.0');
      assert.equal(device['tpmVersionNumber'], 2);
      assert.equal(device['manufacturer'], 'IBM');
    });

    const malformed = [
      { name: 'nothing', bytes: Buffer.alloc(0), symbol: 'TBS_E_BAD_PARAMETER' },
      { name: 'half a header', bytes: GET_RANDOM_20.subarray(0, 5), symbol: 'TBS_E_BAD_PARAMETER' },
      {
        name: 'a size field of 0',
        bytes: withSize(0),
        symbol: 'TBS_E_BAD_PARAMETER',
      },
      {
        name: 'a size field of 4 GiB',
        bytes: withSize(0xffffffff),
        symbol: 'TBS_E_BUFFER_TOO_LARGE',
      },
      {
        name: 'a tag of the other TPM version',
        bytes: Buffer.concat([uint16(TPM_TAG.RQU_COMMAND), GET_RANDOM_20.subarray(2)]),
        symbol: 'TBS_E_BAD_PARAMETER',
      },
      { name: 'more bytes than the TPM accepts', bytes: oversized(), symbol: 'TBS_E_BUFFER_TOO_LARGE' },
    ];
    for (const { name, bytes, symbol } of malformed) {
      it(`refuses ${name} with ${symbol}, and continues`, async () => {
        const refused = await failure(client.submit(contextId, bytes));
        assert.equal(refused.data.symbol, symbol);
        assert.equal(refused.code, refused.data.resultCode | 0);
        assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
      });
    }

    it('passes a header-only command to the TPM, which reports the missing bytes', async () => {
      const response = await client.submit(contextId, Buffer.from(command('GetRandom', [])));
      assert.notEqual(responseCodeOf(response), 0);
    });

    it('blocks a command that is on no allowed list, and names the list and what would lift the block', async () => {
      const refused = await failure(client.submit(contextId, FIELD_UPGRADE_20));
      assert.equal(refused.data.symbol, 'TPM_E_COMMAND_BLOCKED');
      assert.equal(refused.data.resultCode, TBS_RESULTS.TPM_E_COMMAND_BLOCKED.code);
      assert.equal(refused.data.details['list'], 'notAllowed');
      assert.match(String(refused.data.details['liftedBy']), /Grant-TbsCommand/);
    });

    it('blocks a command that is added to the local list, until it is removed', async () => {
      await client.call('commandBlock/add', { commands: ['TPM2_GetRandom'] });
      const refused = await failure(client.submit(contextId, GET_RANDOM_20));
      assert.equal(refused.data.details['list'], 'local');
      await client.call('commandBlock/remove', { commands: ['0x17B'] });
      assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
    });

    it('accepts a context only on the connection that opened it', async () => {
      const other = await daemon.connect();
      const refused = await failure(other.submit(contextId, GET_RANDOM_20));
      assert.equal(refused.data.symbol, 'TBS_E_INVALID_CONTEXT');
      other.close();
    });

    it('refuses a context for another TPM version, and one for no version', async () => {
      const other = await failure(client.call('context/open', { versions: ['1.2'] }));
      assert.equal(other.data.symbol, 'TBS_E_TPM_NOT_FOUND');
      const none = await failure(client.call('context/open', { versions: [] }));
      assert.equal(none.data.symbol, 'TBS_E_INVALID_CONTEXT_PARAM');
    });

    it('reports the applied priority', async () => {
      const reply = await client.call('command/submit', {
        contextId,
        command: GET_RANDOM_20.toString('base64'),
        priority: 0x80000000,
      });
      assert.equal(reply['appliedPriority'], 0x80000000);
    });

    it('refuses an unknown parameter by name, and an unknown method', async () => {
      const parameter = await failure(client.call('context/open', { versions: ['2.0'], colour: 1 }));
      assert.equal(parameter.data.symbol, 'TBS_E_BAD_PARAMETER');
      assert.match(parameter.message, /colour/);
      const method = await failure(client.call('no/such', {}));
      assert.equal(method.code, -32601);
    });

    it('flushes what a connection held when it closes', async () => {
      const before = await client.call<{ contexts: unknown[] }>('context/list');
      const other = await daemon.connect();
      await other.open();
      other.close();
      for (let attempt = 0; attempt < 100; attempt++) {
        const now = await client.call<{ contexts: unknown[] }>('context/list');
        if (now.contexts.length === before.contexts.length) return;
      }
      assert.fail('the context is still open');
    });

    const garbage = [
      { name: 'random bytes', says: /header does not end/, bytes: Buffer.from('deadbeef'.repeat(300), 'hex') },
      {
        name: 'a message of 4 GiB',
        says: /over the limit/,
        bytes: Buffer.from('Content-Length: 4294967295\r\n\r\n{}'),
      },
      {
        name: 'a message of 10^20 bytes',
        says: /over the limit/,
        bytes: Buffer.from(`Content-Length: 1${'0'.repeat(20)}\r\n\r\n{}`),
      },
      {
        name: 'a message without a length',
        says: /no Content-Length/,
        bytes: Buffer.from('Content-Type: x\r\n\r\n{}'),
      },
    ];
    for (const { name, says, bytes } of garbage) {
      it(`ends a connection that sends ${name}, and serves the others`, async () => {
        const bad = connect(daemon.rpcSocket);
        bad.on('error', () => undefined);
        await once(bad, 'connect');
        let answer = '';
        bad.on('data', (data) => {
          answer += data.toString();
        });
        bad.write(bytes);
        await once(bad, 'close');
        assert.match(answer, says);
        assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
      });
    }

    it('serves others while a message is half sent', async () => {
      const half = connect(daemon.rpcSocket);
      await once(half, 'connect');
      half.write('Content-Length: 100\r\n\r\n{"jsonrpc":');
      assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
      half.destroy();
    });

    it('bounds its memory while a client never reads its replies', async () => {
      const deaf = connect(daemon.rpcSocket);
      deaf.on('error', () => undefined);
      await once(deaf, 'connect');
      deaf.pause();
      const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'commandBlock/list', params: {} });
      const message = `Content-Length: ${call.length}\r\n\r\n${call}`;
      // More than the broker accepts: it stops reading long before the end.
      for (let sent = 0; sent < 2000; sent++) deaf.write(message);
      assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_20)), 0);
      const resident = daemon.residentBytes;
      assert.ok(resident < 400 * 1024 * 1024, `${resident} bytes`);
      deaf.destroy();
    });
  });

  describe('TPM 1.2', () => {
    it('is recognized by asking the TPM', async () => {
      await using daemon = await TestDaemon.start({ tpmVersion: '1.2' });
      const client = await daemon.connect();
      const contextId = await client.open();
      assert.equal((await client.call('device/get'))['tpmVersion'], '1.2');
      assert.equal(responseCodeOf(await client.submit(contextId, GET_RANDOM_12)), 0);
      client.close();
    });

    it('blocks TPM_LoadKey, which is on the default list', async () => {
      await using daemon = await TestDaemon.start({ tpmVersion: '1.2' });
      const client = await daemon.connect();
      const contextId = await client.open();
      const refused = await failure(client.submit(contextId, Buffer.from(command12(TPM_ORD.LoadKey))));
      assert.equal(refused.data.details['list'], 'default');
      client.close();
    });
  });

  it('stops properly when an administrator requests it, with exit code 0', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    assert.deepEqual(await client.call('service/stop', {}), { processId: daemon.processId });
    // Node.js removes its handlers at the very end of a process; a signal after that would kill it.
    assert.equal(await daemon.ended(), 0);
    client.close();
  });
});

function oversized(): Buffer {
  const bytes = Buffer.alloc(8192);
  GET_RANDOM_20.copy(bytes);
  bytes.writeUInt32BE(bytes.length, 2);
  return bytes;
}
