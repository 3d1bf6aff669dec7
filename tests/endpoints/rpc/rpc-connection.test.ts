/**
 * Tests the limits on a client of the JSON-RPC endpoint: whatever it sends or leaves unread, it costs no more than the
 * calls that the broker answers.
 */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { EVERYBODY_ALL } from '../../../ts-core/endpoints/access.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import { inTurn } from '../../../ts-core/endpoints/rpc/handler.js';
import { RpcConnection, type RpcLimits } from '../../../ts-core/endpoints/rpc/rpc-connection.js';
import type { RpcSession } from '../../../ts-core/endpoints/rpc/rpc-session.js';
import { UserByteBudgets } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { TURN_MS } from '../../../ts-core/endpoints/user-turns.js';
import { directOpener } from '../../support/direct-opener.js';
import { FakeByteConnection, framed } from '../../support/fake-byte-connection.js';
import { fakeTurns } from '../../support/fake-turns.js';
import { quietLog } from '../../support/quiet-log.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

const LIMITS: RpcLimits = {
  maxMessageBytes: 100_000,
  maxUserMessageBytes: 10_000,
  slowPeerTimeoutMs: 1000,
  maxOutstandingCalls: 4,
  maxUnreadReplyBytes: 2000,
};

/** The first is answered immediately with 1000 bytes, the second when the test decides. */
const AT_ONCE = 'commandBlock/list';
const LATER = 'command/submit';
/** Also answered when the test decides; creating the answer takes a millisecond. */
const TURNED = 'eventLog/get';

class Endpoint {
  readonly budgets: UserByteBudgets;
  readonly source;
  readonly rooms = new MessageRooms();
  readonly turns;
  readonly served: unknown[] = [];
  readonly finish: (() => void)[] = [];
  sessions: RpcSession[] = [];
  readonly #connections: RpcConnection[] = [];

  constructor(bytesPerUser = 100_000) {
    this.budgets = new UserByteBudgets(bytesPerUser);
    ({ source: this.source, turns: this.turns } = fakeTurns());
  }

  connect(caller = ALICE): FakeByteConnection {
    const bytes = new FakeByteConnection();
    const parts = {
      opener: directOpener({ transmit: async () => new Uint8Array(10) }, '2.0'),
      limits: LIMITS,
      turns: this.turns,
      rooms: this.rooms,
      log: quietLog(),
      handlers: new Map(
        (
          [
            [AT_ONCE, () => 'x'.repeat(1000)],
            [LATER, () => new Promise((resolve) => this.finish.push(() => resolve('done')))],
            [
              TURNED,
              () => {
                const answer = inTurn(() => {
                  this.source.nowMs += TURN_MS / 2;
                  return 'done';
                });
                return new Promise((resolve) => this.finish.push(() => resolve(answer)));
              },
            ],
            ['device/get', () => ({})],
            ['event/subscribe', (session: RpcSession) => this.sessions.push(session)],
            ['status/get', () => JSON.parse('{')],
          ] as const
        ).map(([name, serve]) => [
          name as string,
          {
            method: { name, summary: '', params: z.unknown(), result: z.unknown(), access: EVERYBODY_ALL },
            serve: (session: RpcSession, params: unknown) => {
              this.served.push(params);
              return serve(session);
            },
          },
        ]),
      ),
    };
    this.#connections.push(new RpcConnection(bytes, caller, this.budgets.join(caller), parts, () => {}));
    return bytes;
  }

  /** Lets `ms` milliseconds pass between two checks of the peers. */
  passes(ms: number): void {
    for (const connection of this.#connections) connection.checkPeer(this.source.nowMs);
    this.source.nowMs += ms;
    for (const connection of this.#connections) connection.checkPeer(this.source.nowMs);
    this.source.run();
  }

  budgetOf(caller = ALICE) {
    const { reading, calling, replying } = this.budgets.join(caller);
    return { reading: reading.used, calling: calling.used, replying: replying.used };
  }
}

function call(id: unknown, method: string, params?: unknown) {
  return { jsonrpc: '2.0', id, method, params };
}

function ids(client: FakeByteConnection): unknown[] {
  return client.messages().map((message) => (message as { id: unknown }).id);
}

describe('a JSON-RPC connection', () => {
  const floods: { name: string; message: object | string; replies: boolean }[] = [
    { name: 'requests', message: call(1, 'device/get'), replies: true },
    { name: 'unknown methods', message: call(1, 'no/such'), replies: true },
    { name: 'notifications', message: { jsonrpc: '2.0', method: 'x' }, replies: false },
    { name: 'notifications of a method', message: { jsonrpc: '2.0', method: 'device/get' }, replies: false },
    { name: 'responses', message: { jsonrpc: '2.0', id: 1, result: 1 }, replies: false },
    { name: 'faults', message: '[]', replies: true },
    { name: 'what is no JSON', message: '{', replies: true },
    { name: 'batches', message: [call(1, 'device/get'), call(1, 'no/such')], replies: true },
    { name: 'batches of notifications', message: [{ jsonrpc: '2.0', method: 'x' }], replies: false },
  ];
  for (const { name, message, replies } of floods) {
    it(`reads nothing more until ${name} that have arrived are handled, a few in each turn`, () => {
      const endpoint = new Endpoint();
      const client = endpoint.connect();
      client.sends(framed(message).repeat(50));
      assert.equal(client.reading, false);
      assert.equal(endpoint.turns.waiting, 1, 'one place in the line, whatever has arrived');
      endpoint.source.run();
      assert.equal(client.reading, true);
      assert.equal(client.messages().length, replies ? 50 : 0);
      assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
    });
  }

  it('answers every call by its id, even two with the same id', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(
      framed(call(7, 'device/get')).repeat(2) + framed(call('a', 'device/get')) + framed(call(null, 'device/get')),
    );
    endpoint.source.run();
    assert.deepEqual(ids(client), [7, 7, 'a', null]);
  });

  it('serves a notification without answering it, not even with an error', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed({ jsonrpc: '2.0', method: 'device/get', params: { a: 1 } }));
    endpoint.source.run();
    client.sends(
      framed({ jsonrpc: '2.0', method: 'lockout/reset' }) + framed({ jsonrpc: '2.0', method: '$/cancelRequest' }),
    );
    endpoint.source.run();
    assert.deepEqual(endpoint.served, [{ a: 1 }]);
    assert.deepEqual(client.messages(), []);
    assert.equal(client.closed, 'no');
  });

  it('answers a batch with one list, for its calls only', async () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed([call(1, LATER), { jsonrpc: '2.0', method: 'device/get' }, call(2, 'device/get'), 5]));
    endpoint.source.run();
    assert.deepEqual(client.messages(), []);
    endpoint.finish[0]?.();
    await new Promise(setImmediate);
    endpoint.source.run();
    const [batch] = client.messages() as { id: unknown; error?: { code: number } }[][];
    assert.deepEqual(
      batch?.map(({ id, error }) => [id, error?.code]),
      [
        [2, undefined],
        [null, -32600],
        [1, undefined],
      ],
    );
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('refuses the calls of a batch whose replies have reached the limit, and names the setting', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(Array.from({ length: 20 }, (_, id) => call(id, AT_ONCE))));
    endpoint.source.run();
    const [batch] = client.messages() as { error?: { message: string; data: { symbol: string } } }[][];
    const refused = batch?.filter(({ error }) => error !== undefined) ?? [];
    assert.equal(batch?.length, 20);
    assert.equal(refused.length, 18);
    assert.equal(refused[0]?.error?.data.symbol, 'TBS_E_TOO_MANY_RESOURCES');
    assert.match(refused[0]?.error?.message ?? '', /limits\.unreadReplyBytes/);
  });

  it('serves nothing while too many replies are unread, and continues when they are read', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.clientReads = false;
    client.sends(framed(call(1, AT_ONCE)).repeat(50));
    endpoint.source.run();
    assert.ok(client.unsentBytes() < LIMITS.maxUnreadReplyBytes + 1100, `${client.unsentBytes()} bytes`);
    assert.equal(client.reading, false);
    assert.equal(endpoint.budgetOf().replying, client.unsentBytes());
    client.readsEverything();
    endpoint.source.run();
    assert.equal(client.reading, true);
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('serves no more calls at once than the limit, and continues when half are answered', async () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(1, LATER)).repeat(10));
    endpoint.source.run();
    assert.equal(endpoint.finish.length, 4);
    assert.equal(client.reading, false);
    for (const finish of endpoint.finish) finish();
    await new Promise(setImmediate);
    endpoint.source.run();
    assert.equal(endpoint.finish.length, 8);
  });

  it('answers a call that finishes later without another turn while nobody waits', async () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(1, LATER)));
    endpoint.source.run();
    for (const finish of endpoint.finish) finish();
    await new Promise(setImmediate);
    assert.deepEqual(ids(client), [1]);
  });

  it('answers calls that finish together in turns of their user, between which another user is served', async () => {
    const endpoint = new Endpoint(10_000_000);
    const clients = Array.from({ length: 50 }, () => endpoint.connect());
    for (const client of clients) client.sends(framed(call(1, TURNED)).repeat(4));
    endpoint.source.run();
    for (const finish of endpoint.finish) finish();
    await new Promise(setImmediate);
    const answered = () => clients.reduce((sum, client) => sum + client.messages().length, 0);
    assert.equal(answered(), 2, 'without a turn, as many as take the time of one');
    const root = endpoint.connect(ROOT);
    root.sends(framed(call(1, 'device/get')));
    endpoint.source.turn();
    assert.equal(root.messages().length, 1);
    assert.equal(answered(), 4, 'each takes half a turn');
    endpoint.source.run();
    assert.equal(answered(), 200);
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('answers no finished call while too many replies are unread, and continues when they are read', async () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(2, LATER)).repeat(2));
    endpoint.source.run();
    client.clientReads = false;
    client.sends(framed(call(1, AT_ONCE)).repeat(3));
    endpoint.source.run();
    const unread = client.unsentBytes();
    for (const finish of endpoint.finish) finish();
    await new Promise(setImmediate);
    endpoint.source.run();
    assert.equal(endpoint.finish.length, 2);
    assert.equal(client.unsentBytes(), unread);
    client.readsEverything();
    endpoint.source.run();
    assert.deepEqual(
      ids(client).filter((id) => id === 2),
      [2, 2],
    );
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('answers nothing after its client has left, and gives back what its calls were charged', async () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(1, LATER)).repeat(4));
    endpoint.source.run();
    for (const finish of endpoint.finish.slice(0, 2)) finish();
    await new Promise(setImmediate);
    client.goes();
    for (const finish of endpoint.finish) finish();
    await new Promise(setImmediate);
    endpoint.source.run();
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('ends batches whose replies fill their user’s budget, by refusing their other calls', () => {
    const endpoint = new Endpoint(20_000);
    const clients = Array.from({ length: 20 }, () => endpoint.connect());
    for (const client of clients) client.sends(framed(Array.from({ length: 3 }, (_, id) => call(id, AT_ONCE))));
    endpoint.source.run();
    assert.ok(clients.every((client) => client.messages().length === 1));
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('shares its user’s budget: unread replies of many connections stay within it, and another user has a separate one', () => {
    const endpoint = new Endpoint(20_000);
    const clients = Array.from({ length: 100 }, () => endpoint.connect());
    for (const client of clients) {
      client.clientReads = false;
      client.sends(framed(call(1, AT_ONCE)));
    }
    const root = endpoint.connect(ROOT);
    root.sends(framed(call(1, AT_ONCE)));
    endpoint.source.run();
    const unread = clients.reduce((sum, client) => sum + client.unsentBytes(), 0);
    assert.ok(unread >= 5000 && unread < 7000, `${unread} bytes`);
    assert.equal(root.messages().length, 1);
    for (const client of clients) client.readsEverything();
    endpoint.source.run();
    assert.ok(clients.every((client) => client.reading));
  });

  it('closes the peers that fill their user’s budget and read nothing, and no others', () => {
    const endpoint = new Endpoint(20_000);
    const clients = Array.from({ length: 20 }, () => endpoint.connect());
    for (const client of clients) {
      client.clientReads = false;
      client.sends(framed(call(1, AT_ONCE)));
    }
    const idle = endpoint.connect();
    endpoint.source.run();
    endpoint.passes(LIMITS.slowPeerTimeoutMs);
    assert.equal(idle.closed, 'no');
    assert.ok(clients.some(({ closed }) => closed === 'at once'));
    endpoint.source.run();
    assert.ok(endpoint.budgetOf().replying < 12_000);
  });

  it('reads a large message only within its user’s budget; all are read one after the other', () => {
    const endpoint = new Endpoint(40_000);
    const clients = Array.from({ length: 50 }, () => endpoint.connect());
    const message = framed(call(1, 'device/get', { text: 'x'.repeat(8000) }));
    for (const client of clients) client.sends(message.slice(0, 100));
    assert.ok(endpoint.budgetOf().reading <= 20_000 + 100, `${endpoint.budgetOf().reading} bytes`);
    const reading = clients.filter((client) => client.reading);
    assert.equal(reading.length, 2, 'the others wait in the kernel');
    let answered = 0;
    for (let round = 0; round < 50; round++) {
      for (const client of clients.filter((each) => each.reading && each.messages().length === 0)) {
        client.sends(message.slice(100));
        endpoint.source.run();
        answered++;
      }
    }
    assert.equal(answered, 50);
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
  });

  it('ends incomplete messages in time, whatever trickles in, and then reads the user’s next ones', () => {
    const endpoint = new Endpoint(20_000);
    const message = framed(call(1, 'device/get', { text: 'x'.repeat(8000) }));
    const [first, second] = [endpoint.connect(), endpoint.connect()];
    first.sends(message.slice(0, 100));
    second.sends(message.slice(0, 100));
    assert.equal(second.reading, false);
    endpoint.passes(600);
    first.sends('x');
    endpoint.passes(600);
    assert.notEqual(first.closed, 'no');
    assert.match(JSON.stringify(first.messages()), /timeouts\.partialMessageMs/);
    assert.equal(second.closed, 'no', 'the broker made it wait');
    assert.equal(second.reading, true);
  });

  it('applies separate message limits to standard users and administrators', () => {
    const endpoint = new Endpoint();
    const [alice, root] = [endpoint.connect(ALICE), endpoint.connect(ROOT)];
    for (const client of [alice, root]) client.sends('Content-Length: 20000\r\n\r\n');
    assert.match(JSON.stringify(alice.messages()), /limit of 10000 \(limits\.userMessageBytes\)/);
    assert.equal(alice.closed, 'flushing');
    assert.equal(root.closed, 'no');
  });

  it('drops what a client has sent and not read when it disconnects', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.clientReads = false;
    client.sends(framed(call(1, AT_ONCE)).repeat(9));
    endpoint.source.run();
    client.goes();
    assert.deepEqual(endpoint.budgetOf(), { reading: 0, calling: 0, replying: 0 });
    assert.equal(endpoint.turns.waiting, 0);
    const served = endpoint.served.length;
    endpoint.source.run();
    assert.equal(endpoint.served.length, served);
  });

  it('sends a subscriber no more events than it reads, and creates none for one that does not read', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(1, 'event/subscribe')));
    endpoint.source.run();
    client.clientReads = false;
    let made = 0;
    const event = (): string => {
      made++;
      return 'x'.repeat(500);
    };
    const sent = Array.from({ length: 100 }, () => endpoint.sessions[0]?.notify('event/raised', event));
    assert.ok(sent.includes(true) && sent.at(-1) === false);
    assert.ok(client.unsentBytes() < LIMITS.maxUnreadReplyBytes + 700, `${client.unsentBytes()} bytes`);
    assert.equal(made, sent.filter((each) => each === true).length);
  });

  it('answers a call that fails within the broker, and continues', () => {
    const endpoint = new Endpoint();
    const client = endpoint.connect();
    client.sends(framed(call(1, 'status/get')) + framed(call(2, 'device/get')));
    endpoint.source.run();
    const [failed, next] = client.messages() as { error?: { data: { symbol: string } } }[];
    assert.equal(failed?.error?.data.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.equal(next?.error, undefined);
  });
});
