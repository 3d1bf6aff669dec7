/** Tests refused connections: the client learns the reason, and costs the broker little. */
import assert from 'node:assert/strict';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { IncomingConnection } from '../../../ts-core/endpoints/incoming-connection.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import { RefusedConnections } from '../../../ts-core/endpoints/refused-connections.js';
import { RpcServer } from '../../../ts-core/endpoints/rpc/rpc-server.js';
import { UserByteBudgets } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { directOpener } from '../../support/direct-opener.js';
import { FakeByteConnection } from '../../support/fake-byte-connection.js';
import { FakeClock } from '../../support/fake-clock.js';
import { fakeTurns } from '../../support/fake-turns.js';
import { quietLog } from '../../support/quiet-log.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const MOMENT_MS = 250;
const MAX_LINGERING = 32;

/** A connection that the test's client opens, and what the broker does with it. */
class Incoming implements IncomingConnection {
  readonly bytes = new FakeByteConnection();
  isOpened = false;
  lastWords: string | undefined;

  constructor(readonly caller: Caller | 'unknown' = ALICE) {}

  identify(): Caller {
    if (this.caller === 'unknown') throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'nobody knows this user' });
    return this.caller;
  }

  peerIsGone(): boolean {
    return false;
  }

  open(): FakeByteConnection {
    this.isOpened = true;
    return this.bytes;
  }

  refuse(lastWords: Uint8Array = new Uint8Array(0)): void {
    this.lastWords = new TextDecoder().decode(lastWords);
  }
}

class ClosesWhileOpened extends Incoming {
  override open(): FakeByteConnection {
    throw new Error('the connection closed before it was taken over');
  }
}

class Endpoint {
  readonly clock = new FakeClock();
  readonly #turns = fakeTurns();
  #onConnection: (connection: IncomingConnection) => void = () => {};

  async listens(): Promise<void> {
    const server = new RpcServer({
      rooms: new MessageRooms(),
      identify: () => assert.fail('every connection identifies its own caller'),
      accept: (_where, { onConnection }) => {
        this.#onConnection = onConnection;
        return { close: () => {} };
      },
      turns: this.#turns.turns,
      budgets: new UserByteBudgets(100_000),
      clock: this.clock,
      opener: directOpener({ transmit: async () => new Uint8Array(10) }, '2.0'),
      handlers: new Map(),
      limits: {
        maxMessageBytes: 10_000,
        maxUserMessageBytes: 10_000,
        slowPeerTimeoutMs: 1000,
        maxOutstandingCalls: 4,
        maxUnreadReplyBytes: 2000,
      },
      maxConnections: 100,
      maxConnectionsPerUser: 1,
      refused: new RefusedConnections(quietLog(), this.clock),
      log: quietLog(),
    });
    await server.listen('/run/inherited', { fd: 3, isInherited: true });
  }

  connects<Connection extends IncomingConnection>(connection: Connection): Connection {
    this.#onConnection(connection);
    this.#turns.source.run();
    return connection;
  }
}

describe('a JSON-RPC server', () => {
  let endpoint: Endpoint;

  beforeEach(async () => {
    endpoint = new Endpoint();
    await endpoint.listens();
  });

  it('serves a caller up to the limit, and then names the limit', () => {
    const first = endpoint.connects(new Incoming());
    const second = endpoint.connects(new Incoming());
    assert.deepEqual(first.bytes.messages(), []);
    const [reply] = second.bytes.messages() as { id: null; error: { message: string } }[];
    assert.equal(reply?.id, null);
    assert.match(reply.error.message, /limits\.connectionsPerUser/);
  });

  it('serves a caller again once a connection of the same caller has closed', () => {
    endpoint.connects(new Incoming()).bytes.goes();
    assert.deepEqual(endpoint.connects(new Incoming()).bytes.messages(), []);
  });

  it('reports to a caller that it cannot identify it, and closes the connection after a moment', () => {
    const { bytes } = endpoint.connects(new Incoming('unknown'));
    const [reply] = bytes.messages() as { error: { message: string } }[];
    assert.match(reply?.error.message ?? '', /nobody knows this user/);
    assert.equal(bytes.reading, false);
    endpoint.clock.advance(MOMENT_MS - 1);
    assert.equal(bytes.closed, 'no');
    endpoint.clock.advance(1);
    assert.equal(bytes.closed, 'at once');
  });

  it('keeps only a few refused connections open, and closes the others immediately', () => {
    const kept = Array.from({ length: MAX_LINGERING }, () => endpoint.connects(new Incoming('unknown')));
    assert.ok(kept.every(({ isOpened }) => isOpened));
    const next = endpoint.connects(new Incoming('unknown'));
    assert.equal(next.isOpened, false);
    assert.match(next.lastWords ?? '', /nobody knows this user/);
    kept[0]?.bytes.goes();
    assert.equal(endpoint.connects(new Incoming('unknown')).isOpened, true);
  });

  it('continues if a connection that it refuses closes meanwhile', () => {
    const { lastWords } = endpoint.connects(new ClosesWhileOpened('unknown'));
    assert.match(lastWords ?? '', /nobody knows this user/);
    assert.equal(endpoint.connects(new Incoming()).isOpened, true);
  });
});
