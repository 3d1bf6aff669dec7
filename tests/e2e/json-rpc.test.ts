/** Tests the protocol of the JSON-RPC endpoint, and floods against it, on the real daemon. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { ALICE, asUser, canBecomeOthers } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { framed } from '../support/fake-byte-connection.js';
import { RpcClient } from '../support/rpc-client.js';

interface Reply {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly symbol: string } };
}

const MEBIBYTE = 1024 * 1024;
/** The last call of every exchange: an earlier call that has no reply by the time of its reply never gets one. */
const LAST = framed({ jsonrpc: '2.0', id: 'last', method: 'device/get' });

describe('the JSON-RPC endpoint', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;

  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(() => daemon[Symbol.asyncDispose]());

  /** Returns the replies that arrive before the reply to a valid last call on the same connection. */
  async function exchange(...bodies: (string | object)[]): Promise<Reply[]> {
    const client = await RpcClient.connect(daemon.rpcSocket);
    client.socket.write(bodies.map(framed).join('') + LAST);
    while (client.strays.at(-1)?.id !== ('last' as unknown)) await once(client.socket, 'data');
    client.close();
    return client.strays.slice(0, -1) as Reply[];
  }

  it('answers both of two requests with the same id', async () => {
    const request = { jsonrpc: '2.0', id: 'same', method: 'status/get' };
    const client = await RpcClient.connect(daemon.rpcSocket);
    client.socket.write(framed(request).repeat(3));
    while (client.strays.length < 3) await once(client.socket, 'data');
    assert.deepEqual(
      client.strays.map(({ id }) => id as unknown),
      ['same', 'same', 'same'],
    );
    client.close();
  });

  const answered: { name: string; body: string | object; id: unknown; code: number }[] = [
    { name: 'a numeric method', body: { jsonrpc: '2.0', id: 1, method: 7 }, id: 1, code: -32600 },
    { name: 'an id of 1e999', body: '{"jsonrpc":"2.0","id":1e999,"method":"device/get"}', id: null, code: -32600 },
    { name: 'an id that is an object', body: { jsonrpc: '2.0', id: {}, method: 'x' }, id: null, code: -32600 },
    {
      name: 'parameters that are a string',
      body: { jsonrpc: '2.0', id: 2, method: 'x', params: 'y' },
      id: 2,
      code: -32600,
    },
    { name: 'an unknown method', body: { jsonrpc: '2.0', id: 3, method: 'no/such' }, id: 3, code: -32601 },
    { name: 'a null id', body: { jsonrpc: '2.0', id: null, method: 'no/such' }, id: null, code: -32601 },
    { name: 'a fractional id', body: { jsonrpc: '2.0', id: 0.5, method: 'no/such' }, id: 0.5, code: -32601 },
    { name: 'an empty batch', body: '[]', id: null, code: -32600 },
    { name: 'text that is not JSON', body: '{]', id: null, code: -32700 },
    { name: 'nothing', body: '', id: null, code: -32700 },
    { name: 'JSON of 12,000 levels', body: '['.repeat(12_000) + ']'.repeat(12_000), id: null, code: -32700 },
  ];
  for (const { name, body, id, code } of answered) {
    it(`answers ${name} with ${code}, and continues`, async () => {
      const [reply, ...others] = await exchange(body);
      assert.deepEqual([reply?.id, reply?.error?.code, others], [id, code, []]);
    });
  }

  it('does not answer $/cancelRequest, other notifications or responses, and continues', async () => {
    const replies = await exchange(
      { jsonrpc: '2.0', method: '$/cancelRequest' },
      { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } },
      { jsonrpc: '2.0', method: 'no/such' },
      { jsonrpc: '2.0', id: 5, result: {} },
      [{ jsonrpc: '2.0', method: 'no/such' }],
    );
    assert.deepEqual(replies, []);
  });

  it('answers a batch with a list', async () => {
    const [batch] = (await exchange([
      { jsonrpc: '2.0', id: 1, method: 'device/get' },
      { jsonrpc: '2.0', id: 2, method: 'no/such' },
      1,
    ])) as unknown as Reply[][];
    assert.deepEqual(
      batch?.map(({ id, error }) => [id, error?.code]),
      [
        [1, undefined],
        [2, -32601],
        [null, -32600],
      ],
    );
  });

  it('logs nothing of callers’ messages', async () => {
    await exchange('['.repeat(12_000), {
      jsonrpc: '2.0',
      id: 1,
      method: 'policy/test',
      params: { settings: deep(20) },
    });
    const log = readFileSync(daemon.logPath, 'utf8');
    assert.doesNotMatch(log, /call failed|RangeError/);
  });

  describe('under a flood of a standard user', () => {
    before(function () {
      if (!canBecomeOthers()) this.skip();
    });

    const floods: { name: string; connections: number; reads: boolean; bytes: () => string }[] = [
      {
        name: 'notifications',
        connections: 40,
        reads: true,
        bytes: () => framed({ jsonrpc: '2.0', method: 'x' }).repeat(10_000),
      },
      {
        name: 'replies that nobody reads',
        connections: 40,
        reads: false,
        bytes: () => framed({ jsonrpc: '2.0', id: 1, method: 'commandBlock/list' }).repeat(400),
      },
      {
        name: 'half-open messages',
        connections: 400,
        reads: true,
        bytes: () => `Content-Length: 65536\r\n\r\n${' '.repeat(65_000)}`,
      },
    ];
    for (const { name, connections, reads, bytes } of floods) {
      it(`of ${name} keeps its memory within 64 MiB, and serves root`, async () => {
        const root = await daemon.connect();
        await root.call('status/get');
        const before = daemon.residentBytes;
        const sockets = await asUser(ALICE, () => Array.from({ length: connections }, () => open(daemon.rpcSocket)));
        const flood = bytes();
        for (const socket of sockets) {
          if (!reads) socket.pause();
          else socket.resume();
          socket.write(flood);
        }
        for (let round = 0; round < 50; round++) {
          await root.call('device/get');
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        const grown = daemon.residentBytes - before;
        for (const socket of sockets) socket.destroy();
        assert.ok(grown < 64 * MEBIBYTE, `grew by ${Math.round(grown / MEBIBYTE)} MiB`);
        await root.call('device/get');
        root.close();
      });
    }
  });
});

function open(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => undefined);
  return socket;
}

function deep(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}
