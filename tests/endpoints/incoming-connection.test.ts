import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type IncomingConnection, listenFor, openUnlessGone } from '../../ts-core/endpoints/incoming-connection.js';
import { ALICE } from '../support/callers.js';
import { FakeByteConnection } from '../support/fake-byte-connection.js';
import { rawClient } from './simulator/simulator-rig.js';

/** A connection over a real socket, as a source delivers it, and its client. */
async function connected(identify: (socket: Socket) => typeof ALICE = () => ALICE) {
  const opened: Socket[] = [];
  let deliver: (connection: IncomingConnection) => void = () => undefined;
  const arrived = new Promise<IncomingConnection>((resolve) => (deliver = resolve));
  const source = {
    identify,
    byteConnection: (socket: Socket) => {
      opened.push(socket);
      return new FakeByteConnection();
    },
  };
  const { onConnection } = listenFor(source, (connection) => deliver(connection));
  let closed: () => void = () => undefined;
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.once('close', () => closed());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const client = await rawClient({ port: address.port });
  const end = () => {
    client.close();
    server.close();
  };
  return { incoming: await arrived, client, opened, isClosed, [Symbol.dispose]: end };
}

describe('a connection that was accepted', () => {
  it('is nobody’s until the operating system says whose', async () => {
    using known = await connected();
    assert.equal(known.incoming.identify(), ALICE);
    using unknown = await connected(() => {
      throw new Error('no peer credentials');
    });
    assert.throws(() => unknown.incoming.identify(), /no peer credentials/);
    assert.equal(unknown.opened.length, 0);
  });

  it('is taken over by its source', async () => {
    using rig = await connected();
    assert.ok(openUnlessGone(rig.incoming) instanceof FakeByteConnection);
    assert.equal(rig.opened.length, 1);
  });

  it('is not taken over when its peer has gone, or goes just then', async () => {
    using rig = await connected();
    rig.opened.length = 0;
    rig.incoming.refuse();
    assert.equal(rig.incoming.peerIsGone(), true);
    assert.equal(openUnlessGone(rig.incoming), undefined);
    assert.equal(rig.opened.length, 0);
    const vanishing: IncomingConnection = {
      identify: () => ALICE,
      peerIsGone: () => false,
      open: () => {
        throw new Error('EBADF');
      },
      refuse: () => undefined,
    };
    assert.equal(openUnlessGone(vanishing), undefined);
  });

  it('is refused with its last words, and closed though the peer does not close it', async () => {
    using rig = await connected();
    rig.incoming.refuse(Buffer.from('full'));
    assert.equal((await rig.client.untilClosed()).toString(), 'full');
    await rig.isClosed;
  });

  it('from a source with its own acceptor bypasses Node.js', () => {
    const incoming = {} as IncomingConnection;
    const delivered: IncomingConnection[] = [];
    const listen = listenFor(
      {
        identify: () => ALICE,
        accept: (_where, { onConnection }) => {
          onConnection(incoming);
          return { close: () => undefined } as unknown as ReturnType<NonNullable<typeof listen.accept>>;
        },
      },
      (connection) => delivered.push(connection),
    );
    listen.accept?.('/run/x' as never, {} as never);
    assert.deepEqual(delivered, [incoming]);
  });
});
