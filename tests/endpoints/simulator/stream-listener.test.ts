import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import type { RequestProtocol } from '../../../ts-core/endpoints/simulator/request-connection.js';
import type { SimulatorPeer } from '../../../ts-core/endpoints/simulator/simulator-peer.js';
import { StreamListener, type StreamListenerOptions } from '../../../ts-core/endpoints/simulator/stream-listener.js';
import { ALICE, BOB } from '../../support/callers.js';
import { FakeByteConnection } from '../../support/fake-byte-connection.js';
import { fakeTurns, turnsOfAnIdleLoop } from '../../support/fake-turns.js';
import { eventually, rawClient } from './simulator-rig.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** Records the peers whose connections a listener serves; answers no request. */
function servedBy() {
  const served: SimulatorPeer[] = [];
  const protocolFor = (peer: SimulatorPeer): RequestProtocol => {
    served.push(peer);
    return { extent: () => ({ kind: 'incomplete' }), answer: () => assert.fail('nobody asks'), closed: () => {} };
  };
  return { served, protocolFor };
}

async function listening(
  identify: StreamListenerOptions['identify'],
  limits = { maxConnections: 100, maxConnectionsPerUser: 2 },
) {
  const { served, protocolFor } = servedBy();
  const refused: unknown[] = [];
  const onRefused = (reason: unknown) => void refused.push(reason);
  const options = {
    identify,
    processOf: () => undefined,
    limits,
    turns: turnsOfAnIdleLoop(),
    rooms: new MessageRooms(),
    partialTimeoutMs: 1000,
  };
  const listener = new StreamListener({ ...options, onRefused }, protocolFor);
  await listener.listen(LOOPBACK);
  const connect = () => rawClient({ port: listener.port as number });
  return { served, refused, connect, [Symbol.asyncDispose]: () => listener.close() };
}

const isFull = (reason: unknown) => reason instanceof TbsError && reason.symbol === 'TBS_E_TOO_MANY_TBS_CONTEXTS';

describe('a listener for simulator clients', () => {
  it('listens on loopback only', async () => {
    const fail = () => assert.fail('nobody connects');
    const limits = { maxConnections: 1, maxConnectionsPerUser: 1 };
    const times = { turns: turnsOfAnIdleLoop(), rooms: new MessageRooms(), partialTimeoutMs: 1000 };
    const listener = new StreamListener({ identify: fail, processOf: fail, onRefused: fail, limits, ...times }, fail);
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.0.0.1.example.org', '1127.0.0.1']) {
      await assert.rejects(listener.listen({ host, port: 0 }), { symbol: 'TBS_E_BAD_PARAMETER', details: { host } });
    }
    await listener.close();
  });

  it('reads nothing before the peer is identified', async () => {
    let identified: (peer: SimulatorPeer) => void = () => undefined;
    let socket: Socket | undefined;
    await using rig = await listening((given) => {
      socket = given;
      return new Promise((resolve) => (identified = resolve));
    });
    const client = await rig.connect();
    client.send(Uint8Array.of(1, 2, 3));
    await eventually(() => socket !== undefined);
    assert.deepEqual([rig.served.length, socket?.bytesRead], [0, 0]);
    identified({ caller: ALICE, process: undefined });
    await eventually(() => rig.served.length === 1);
    assert.equal(rig.served[0]?.caller, ALICE);
  });

  it('bounds the connections of a user, whose place is free again when one closes, and leaves others theirs', async () => {
    let next = ALICE;
    await using rig = await listening(async () => ({ caller: next, process: undefined }));
    const [first] = [await rig.connect(), await rig.connect()];
    await eventually(() => rig.served.length === 2);
    const third = await rig.connect();
    assert.equal((await third.untilClosed()).length, 0);
    await eventually(() => rig.refused.length === 1);
    assert.ok(isFull(rig.refused[0]));
    next = BOB;
    await rig.connect();
    await eventually(() => rig.served.length === 3);
    next = ALICE;
    first.close();
    await eventually(async () => {
      await rig.connect();
      return rig.served.length === 4;
    });
  });

  it('bounds those that are not identified yet, who belong to nobody', async () => {
    await using rig = await listening(() => new Promise(() => undefined));
    const clients = await Promise.all(Array.from({ length: 70 }, () => rig.connect()));
    await eventually(() => rig.refused.length === 6);
    assert.ok(rig.refused.every(isFull));
    for (const client of clients) client.close();
  });

  it('bounds all connections together', async () => {
    let users = 0;
    await using rig = await listening(
      async () => ({ caller: { ...ALICE, userKey: `uid:${++users}` }, process: undefined }),
      { maxConnections: 3, maxConnectionsPerUser: 2 },
    );
    for (let count = 0; count < 3; count++) await rig.connect();
    await eventually(() => rig.served.length === 3);
    await (await rig.connect()).untilClosed();
    assert.equal(rig.served.length, 3);
    assert.ok(isFull(rig.refused[0]));
  });

  it('closes the connection of a peer who cannot be identified, and reports it once it has sent something', async () => {
    await using rig = await listening(async () => Promise.reject(new Error('who is that?')));
    const client = await rig.connect();
    client.send(Uint8Array.of(1));
    await client.untilClosed();
    assert.equal(rig.served.length, 0);
    assert.match(String(rig.refused[0]), /who is that/);
  });
});

describe('a listener for simulator clients on a Unix socket', () => {
  /** Starts a listener that allows 3 connections, 2 of them of one user, and returns it with functions to connect. */
  async function listeningOnUnixSocket() {
    const folder = mkdtempSync(path.join(tmpdir(), 'tpmtbs-listener-'));
    const { source, turns } = fakeTurns();
    const { served, protocolFor } = servedBy();
    const refused: unknown[] = [];
    let deliver: Parameters<NonNullable<StreamListenerOptions['accept']>>[1]['onConnection'] = () => assert.fail();
    const accept: StreamListenerOptions['accept'] = (where, { onConnection }) => {
      if ('path' in where) writeFileSync(where.path, '');
      deliver = onConnection;
      return { close: () => {} };
    };
    const listener = new StreamListener(
      {
        identify: () => assert.fail('the kernel has said it'),
        processOf: () => undefined,
        limits: { maxConnections: 3, maxConnectionsPerUser: 2 },
        onRefused: (reason) => void refused.push(reason),
        ...{ accept, turns, rooms: new MessageRooms(), partialTimeoutMs: 1000 },
      },
      protocolFor,
    );
    await listener.listen({ path: path.join(folder, 'socket') });
    const connect = ({ caller = ALICE, isGone = false } = {}) => {
      const seen = { bytes: undefined as FakeByteConnection | undefined, refused: 0 };
      deliver({
        identify: () => caller,
        peerIsGone: () => isGone,
        open: () => {
          seen.bytes = new FakeByteConnection();
          return seen.bytes;
        },
        refuse: () => void seen.refused++,
      });
      return seen;
    };
    const dispose = async () => {
      await listener.close();
      rmSync(folder, { recursive: true });
    };
    return { source, turns, served, refused, connect, [Symbol.asyncDispose]: dispose };
  }
  it('serves a connection from its user’s turn on, and not before', async () => {
    await using rig = await listeningOnUnixSocket();
    const client = rig.connect();
    assert.equal(client.bytes, undefined);
    assert.equal(rig.turns.waiting, 1);
    rig.source.run();
    assert.deepEqual(rig.served, [{ caller: ALICE, process: undefined }]);
  });

  it('opens no connection whose client has left, however many did, and gives its place to the next', async () => {
    await using rig = await listeningOnUnixSocket();
    for (let count = 0; count < 10; count++) {
      const client = rig.connect({ isGone: true });
      rig.source.run();
      assert.deepEqual([client.bytes, client.refused], [undefined, 1]);
    }
    rig.connect();
    rig.source.run();
    assert.equal(rig.served.length, 1);
    assert.deepEqual(rig.refused, []);
  });

  it('refuses connections beyond the limit of a user immediately, until one of that user’s closes', async () => {
    await using rig = await listeningOnUnixSocket();
    const [first] = [rig.connect(), rig.connect()];
    const third = rig.connect();
    assert.deepEqual([third.bytes, third.refused], [undefined, 1]);
    assert.ok(isFull(rig.refused[0]));
    rig.source.run();
    first.bytes?.goes();
    assert.equal(rig.connect().refused, 0);
    assert.equal(rig.connect({ caller: BOB }).refused, 0);
    assert.equal(rig.connect({ caller: BOB }).refused, 1, 'the limit of all connections');
  });

  it('refuses a connection whose caller the kernel does not identify, and reports it', async () => {
    await using rig = await listeningOnUnixSocket();
    const caller = {
      get userKey(): string {
        throw new Error('who is that?');
      },
      callerClass: 'standardUser',
    } as const;
    assert.equal(rig.connect({ caller }).refused, 1);
    assert.match(String(rig.refused[0]), /who is that/);
  });
});
