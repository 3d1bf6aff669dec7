import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { nativeEventLoop, openNativeByteStream } from '../../../ts-core/adapters/identity/native-byte-stream.js';
import type { ByteStream } from '../../../ts-core/application/ports/event-loop.js';
import { REPOSITORY } from '../../support/daemon.js';

const EAGAIN = -constants.errno.EAGAIN;

describe('the byte streams of the addon', () => {
  let directory: string;
  let socketPath: string;
  let server: Server;
  const peers: Socket[] = [];
  const streams: ByteStream[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'streams-'));
    socketPath = path.join(directory, 'sock');
    server = createServer().listen(socketPath);
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
    for (const peer of peers.splice(0)) peer.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });

  async function open(
    onReadable: (received: number) => void,
    buffer = new Uint8Array(16),
  ): Promise<[ByteStream, Socket]> {
    const accepted = once(server, 'connection');
    const peer = connect(socketPath);
    peers.push(peer);
    const [socket] = (await accepted) as [Socket];
    const stream = openNativeByteStream(socket, buffer, onReadable, () => {});
    streams.push(stream);
    return [stream, peer];
  }

  function write(peer: Socket, bytes: string): Promise<void> {
    return new Promise((resolve, reject) => peer.write(bytes, (error) => (error ? reject(error) : resolve())));
  }

  /** Returns two streams, each with an unread byte that has not been reported yet. */
  async function twoReady(onReadable: (index: number, pair: readonly ByteStream[]) => void): Promise<ByteStream[]> {
    const pair: ByteStream[] = [];
    for (const index of [0, 1]) {
      const [stream, peer] = await open(() => onReadable(index, pair));
      pair.push(stream);
      await write(peer, 'x');
    }
    for (const stream of pair) stream.setInterest(true, false);
    return pair;
  }

  it('serves all that are ready before any other event', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      void twoReady((index) => {
        order.push(`stream ${index}`);
        queueMicrotask(() => {
          order.push('microtask');
          if (order.length === 4) resolve();
        });
      });
    });
    assert.deepEqual(order, ['stream 0', 'stream 1', 'microtask', 'microtask']);
  });

  it('serves streams that are ready on request, but not inside a callback', async () => {
    const served: number[] = [];
    await twoReady((index) => {
      nativeEventLoop.takeRequests();
      served.push(index);
    });
    nativeEventLoop.takeRequests();
    assert.deepEqual(served, [0, 1]);
    nativeEventLoop.takeRequests();
    assert.deepEqual(served, [0, 1], 'nothing was ready any more');
  });

  it('does not serve a stream that another one closed in the same round', async () => {
    const served: number[] = [];
    await twoReady((index, pair) => {
      served.push(index);
      pair[1 - index]?.close();
    });
    nativeEventLoop.takeRequests();
    assert.equal(served.length, 1);
  });

  it('reports a lost peer even to a reader that is paused, but not the bytes that the peer had sent', async () => {
    const received: number[] = [];
    const [stream, peer] = await open((count) => {
      received.push(count);
      stream.close();
    });
    stream.setInterest(true, false);
    stream.setInterest(false, false);
    await write(peer, 'abc');
    const gone = once(peer, 'close');
    peer.destroy();
    await gone;
    nativeEventLoop.takeRequests();
    assert.deepEqual(received, [0]);
  });

  it('with asksFirst, waits for permission to receive, and drops bytes after a disconnect', async () => {
    for (const [asksFirst, expected] of [
      [true, [EAGAIN, 0]],
      [false, [3, 3, 0]],
    ] as const) {
      const received: number[] = [];
      const [stream, peer] = await open((count) => received.push(count), new Uint8Array(16));
      stream.setInterest(true, false, asksFirst);
      await write(peer, 'abc');
      nativeEventLoop.takeRequests();
      await write(peer, 'def');
      const gone = once(peer, 'close');
      peer.destroy();
      stream.unwatch();
      await gone;
      stream.setInterest(true, false, asksFirst);
      for (let round = 0; round < 2 && received.at(-1) !== 0; round++) nativeEventLoop.takeRequests();
      stream.close();
      assert.deepEqual(received, expected);
    }
  });

  it('reports nothing while it is not watched, not even a lost peer', async () => {
    const received: number[] = [];
    const [stream, peer] = await open((count) => received.push(count));
    stream.setInterest(true, false);
    stream.unwatch();
    const gone = once(peer, 'close');
    peer.destroy();
    await gone;
    nativeEventLoop.takeRequests();
    assert.deepEqual(received, []);
    stream.setInterest(false, false);
    nativeEventLoop.takeRequests();
    assert.deepEqual(received, [0]);
  });

  it('reports the end of a peer’s output, while the peer still reads, only to a reader', async () => {
    const received: number[] = [];
    const [stream, peer] = await open((count) => received.push(count));
    stream.setInterest(false, false);
    const ended = once(peer, 'finish');
    peer.end();
    await ended;
    nativeEventLoop.takeRequests();
    assert.deepEqual(received, []);
    stream.setInterest(true, false);
    nativeEventLoop.takeRequests();
    assert.deepEqual(received, [0]);
  });

  it('receives in place what has arrived, what arrives in time, or nothing', async () => {
    const buffer = new Uint8Array(16);
    const [stream, peer] = await open(() => assert.fail('no callback was asked for'), buffer);
    assert.equal(stream.receive(0, 0), EAGAIN);
    assert.equal(stream.receive(50, 0), EAGAIN);
    assert.equal(stream.receive(0, 50), EAGAIN);
    await write(peer, 'abc');
    assert.equal(stream.receive(50, 50), 3);
    assert.deepEqual([...buffer.subarray(0, 3)], [0x61, 0x62, 0x63]);
  });

  it('refuses to send a range outside the bytes', async () => {
    const [stream] = await open(() => {});
    assert.equal(stream.send(new Uint8Array(4), 0, 5), -constants.errno.EINVAL);
    assert.equal(stream.send(new Uint8Array(4), 3, 2), -constants.errno.EINVAL);
    stream.close();
    assert.equal(stream.send(new Uint8Array(4), 0, 4), -constants.errno.EBADF);
    assert.equal(stream.receive(0, 0), -constants.errno.EBADF);
  });

  it('reports the exception of a callback and still serves the other streams', () => {
    const served = runChild(`
      process.on('uncaughtException', (error) => console.log(error.message));
      for (const peer of peers) peer.write('x');
      for (const index of [0, 1]) {
        open(index, () => {
          console.log('served ' + index);
          streams[index].close();
          if (index === 0) throw new Error('thrown by 0');
        }).setInterest(true, false);
      }`);
    assert.deepEqual(served.sort(), ['served 0', 'served 1', 'thrown by 0']);
  });

  it('keeps Node.js running only while a stream is watched', () => {
    assert.deepEqual(
      runChild(`
        open(0, () => { console.log('read'); streams[0].close(); }).setInterest(true, false);
        open(1, () => {}); // not watched
        setTimeout(() => peers[0].end('x'), 20).unref();
        process.on('exit', () => console.log('end'));
        for (const peer of peers) peer.unref();`),
      ['read', 'end'],
    );
  });

  /**
   * Runs a script with two connected `peers` and `open(index, onReadable)` in a separate process; returns its output
   * lines.
   */
  function runChild(script: string): string[] {
    const module = path.join(REPOSITORY, 'build/ts-core/adapters/identity/native-byte-stream.js');
    const prelude = `
      import { createServer, connect } from 'node:net';
      import { once } from 'node:events';
      import { openNativeByteStream } from ${JSON.stringify(module)};
      const server = createServer().listen(process.argv[1]);
      await once(server, 'listening');
      const peers = [], sockets = [], streams = [];
      for (let i = 0; i < 2; i++) {
        const accepted = once(server, 'connection');
        peers.push(connect(process.argv[1]));
        sockets.push((await accepted)[0]);
      }
      server.close();
      const open = (index, onReadable) =>
        (streams[index] = openNativeByteStream(sockets[index], new Uint8Array(16), onReadable, () => {}));`;
    const args = ['--input-type=module', '-e', prelude + script, path.join(directory, 'child')];
    const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 });
    assert.equal(child.status, 0, child.stderr);
    return child.stdout.trim().split('\n');
  }
});
