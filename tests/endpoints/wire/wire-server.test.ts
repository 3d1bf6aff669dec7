import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openNativeByteStream } from '../../../ts-core/adapters/identity/native-byte-stream.js';
import { NativeByteConnection } from '../../../ts-core/adapters/wire/native-byte-connection.js';
import { TBS_RESULTS, TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { ByteConnection } from '../../../ts-core/endpoints/byte-connection.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import { UserByteBudgets } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { eventLoopTurns, UserTurns } from '../../../ts-core/endpoints/user-turns.js';
import { startWireServer, type WireServer } from '../../../ts-core/endpoints/wire/wire-server.js';
import {
  FakeApplication,
  fields,
  GET_RANDOM_8,
  hello,
  type Response,
  request,
  responsesIn,
  submit,
  whenClosed,
} from './wire-client.js';

const KINDS: readonly { name: string; byteConnection?: (socket: Socket) => ByteConnection }[] = [
  { name: "Node.js' sockets" },
  {
    name: "the addon's streams",
    byteConnection: (socket) => new NativeByteConnection(socket, openNativeByteStream, new MessageRooms()),
  },
];

for (const kind of KINDS) {
  describe(`the wire endpoint over ${kind.name}`, () => {
    let directory: string;
    let socketPath: string;
    let application: FakeApplication;
    let server: WireServer;
    let userKey: string;
    const refused: unknown[] = [];
    const clients: Socket[] = [];

    beforeEach(async () => {
      directory = mkdtempSync(path.join(tmpdir(), 'wire-'));
      socketPath = path.join(directory, 'wire.sock');
      application = new FakeApplication();
      userKey = 'uid:1';
      refused.length = 0;
      server = await startWireServer({
        socketPath,
        opener: application,
        services: application,
        turns: new UserTurns(eventLoopTurns),
        budgets: new UserByteBudgets(16 * 1024 * 1024),
        rooms: new MessageRooms(),
        identify: () => {
          if (userKey === '') throw new TbsError('TBS_E_ACCESS_DENIED');
          return { userKey, callerClass: 'standardUser' };
        },
        maxConnectionsPerUser: 50,
        frameTimeoutMs: 300,
        onRefused: (error) => refused.push(error),
        ...(kind.byteConnection && { byteConnection: kind.byteConnection }),
      });
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) client.destroy();
      await server.close();
      rmSync(directory, { recursive: true });
    });

    function client(): Socket {
      const socket = connect(socketPath);
      socket.on('error', () => {});
      clients.push(socket);
      return socket;
    }

    /** Resolves to the next `count` responses. */
    function responses(socket: Socket, count: number): Promise<Response[]> {
      let bytes: Buffer = Buffer.alloc(0);
      return new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error('closed'));
        const take = (chunk: Buffer): void => {
          bytes = Buffer.concat([bytes, chunk]);
          const { responses } = responsesIn(bytes);
          if (responses.length < count) return;
          socket.off('data', take).off('close', fail);
          resolve(responses);
        };
        socket.on('data', take);
        socket.once('close', fail);
      });
    }

    async function openContext(socket: Socket): Promise<number> {
      socket.write(Buffer.concat([hello(), request(2, 2, 0, fields(2))]));
      const [, opened] = await responses(socket, 2);
      assert.equal(opened?.result, 0);
      return opened.payload.readUInt32LE(0);
    }

    /**
     * Returns the fastest of several responses: on a busy machine one may be late, but a blocked endpoint delays all.
     */
    async function answerTimeMs(socket: Socket, contextId: number): Promise<number> {
      let fastestMs = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < 5; attempt++) {
        const start = performance.now();
        socket.write(submit(1, contextId, GET_RANDOM_8));
        const [answer] = await responses(socket, 1);
        assert.equal(answer?.result, 0);
        fastestMs = Math.min(fastestMs, performance.now() - start);
      }
      return fastestMs;
    }

    async function until(condition: () => boolean, what: string): Promise<void> {
      const deadline = performance.now() + 10_000;
      while (!condition()) {
        assert.ok(performance.now() < deadline, what);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }

    it('serves a client, and forgets it when it disconnects', async () => {
      const socket = client();
      const contextId = await openContext(socket);
      await answerTimeMs(socket, contextId);
      assert.equal(server.connectionCount(), 1);
      socket.destroy();
      await until(() => application.openConnections === 0, 'the connection stays open');
      assert.equal(server.connectionCount(), 0);
      assert.equal(application.contexts.size, 0);
    });

    it('refuses a connection whose user is unknown, and closes it', async () => {
      userKey = '';
      const socket = client();
      const [refusal] = await responses(socket, 1);
      assert.deepEqual(
        [refusal?.operation, refusal?.requestId, refusal?.result],
        [0x8001, 0, TBS_RESULTS.TBS_E_ACCESS_DENIED.code],
      );
      await whenClosed(socket);
      assert.equal(refused.length, 1);
    });

    it('refuses a user with too many connections, and still serves another', async () => {
      const many = Array.from({ length: 50 }, () => client());
      await Promise.all(many.map((socket) => openContext(socket)));
      const [refusal] = await responses(client(), 1);
      assert.deepEqual(
        [refusal?.operation, refusal?.requestId, refusal?.result],
        [0x8001, 0, TBS_RESULTS.TBS_E_TOO_MANY_TBS_CONTEXTS.code],
      );
      userKey = 'uid:2';
      const other = client();
      assert.ok((await answerTimeMs(other, await openContext(other))) < 50);
      many[0]?.destroy();
      await until(() => server.connectionCount() === 50, 'the place is not free again');
      userKey = 'uid:1';
      await openContext(client());
    });

    for (const [name, length] of [
      ['header', 7],
      ['body', 20],
    ] as const) {
      it(`does not let a half-sent ${name} delay others, and closes that connection`, async () => {
        const slow = client();
        await openContext(slow);
        slow.write(submit(5, 7, GET_RANDOM_8).subarray(0, length));
        const closed = whenClosed(slow);
        const other = client();
        assert.ok((await answerTimeMs(other, await openContext(other))) < 50);
        await closed;
        await until(() => server.connectionCount() === 1, 'the idle connection stays, the other goes');
      });
    }

    it('closes a connection that never says HELLO', async () => {
      await whenClosed(client().resume());
    });

    for (const length of [0, 9, 0xffffffff]) {
      it(`answers a frame of length ${length}, closes, and continues`, async () => {
        const socket = client();
        await openContext(socket);
        const frame = submit(5, 7, GET_RANDOM_8);
        frame.writeUInt32LE(length, 0);
        const answer = responses(socket, 1);
        const closed = whenClosed(socket);
        socket.write(frame);
        assert.equal((await answer)[0]?.result, TBS_RESULTS.TBS_E_BAD_PARAMETER.code);
        await closed;
        await openContext(client());
      });
    }

    it('survives 40 connections with random bytes, while another is answered within 50 ms', async () => {
      const other = client();
      const contextId = await openContext(other);
      const noise = Array.from({ length: 40 }, (_, index) => {
        const socket = client().resume();
        if (index % 2 === 0) socket.write(hello());
        socket.write(randomBytes(20_000));
        return whenClosed(socket);
      });
      for (let i = 0; i < 20; i++) assert.ok((await answerTimeMs(other, contextId)) < 50);
      await Promise.all(noise);
      await until(() => server.connectionCount() === 1, 'a connection stays');
    });

    it('buffers little for 200,000 pipelined commands whose responses are never read', async () => {
      const flood = client();
      const contextId = await openContext(flood);
      flood.pause();
      const other = client();
      const otherContext = await openContext(other);
      const block = Buffer.concat(Array.from({ length: 1000 }, (_, index) => submit(index, contextId, GET_RANDOM_8)));
      const before = application.submitted;
      for (let i = 0; i < 200; i++) flood.write(block);
      await until(() => application.submitted > before + 1000, 'nothing is taken');
      let last = -1;
      await until(() => {
        const stopped = application.submitted === last;
        last = application.submitted;
        return stopped;
      }, 'the endpoint never stops reading');
      assert.ok(application.submitted < before + 40_000, `${application.submitted} commands were taken`);
      assert.ok((await answerTimeMs(other, otherContext)) < 50);
      flood.destroy();
      await until(() => server.connectionCount() === 1, 'the connection stays');
    });

    it('answers every one of 20,000 pipelined commands if the client reads', async () => {
      const socket = client();
      const contextId = await openContext(socket);
      const all = responses(socket, 20_000);
      socket.write(Buffer.concat(Array.from({ length: 20_000 }, (_, index) => submit(index, contextId, GET_RANDOM_8))));
      const ids = (await all).map((response) => response.requestId);
      assert.deepEqual(
        ids,
        ids.map((_, index) => index),
      );
    });

    it('frees its path when it closes, with clients connected', async () => {
      const socket = client();
      await openContext(socket);
      const closed = whenClosed(socket);
      await server.close();
      await closed;
      assert.equal(existsSync(socketPath), false);
      server = { connectionCount: () => 0, close: async () => {} };
    });
  });
}
