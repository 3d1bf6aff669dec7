/** A peer that passes a descriptor whose close waits for a minute, which plain recv(2) and close(2) would wait for. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import type { AcceptedConnection } from '../../../ts-core/adapters/identity/accepted-connection.js';
import { acceptNatively } from '../../../ts-core/adapters/identity/connection-acceptor.js';
import { openNativeByteStream } from '../../../ts-core/adapters/identity/native-byte-stream.js';
import { REPOSITORY } from '../../support/daemon.js';

/** Far below the minute, far above what a busy machine needs. */
const SOON_MS = 20_000;
const PASSES = path.join(REPOSITORY, 'tests', 'support', 'pass-lingering-socket.py');

describe('a descriptor that a peer passes', function () {
  this.timeout(50_000);
  let directory: string;
  let socketPath: string;
  let server: Server | undefined;
  let acceptor: { close(): void } | undefined;
  let peer: ChildProcess | undefined;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'passed-'));
    socketPath = path.join(directory, 'sock');
  });
  afterEach(() => {
    peer?.kill('SIGKILL');
    server?.close();
    acceptor?.close();
    server = undefined;
    acceptor = undefined;
    rmSync(directory, { recursive: true });
  });

  /** Resolves with whether the kernel took the descriptor, once it is on its way. */
  async function passOne(): Promise<boolean> {
    peer = spawn('python3', [PASSES, socketPath], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(peer.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return line.toString().trim() === 'passed';
  }

  /** A connection of a listening socket that takes descriptors, as every one on Linux before 6.16, with one unread. */
  async function connectionWithOne(): Promise<Socket> {
    server = createServer({ pauseOnConnect: true }).listen(socketPath);
    const accepted = once(server, 'connection');
    assert.equal(await passOne(), true);
    const [socket] = (await accepted) as [Socket];
    return socket;
  }

  it('ends the connection, and is closed by a separate thread', async () => {
    const socket = await connectionWithOne();
    const sinceMs = performance.now();
    const received = await new Promise<number>((resolve) => {
      const stream = openNativeByteStream(
        socket,
        new Uint8Array(16),
        (result) => {
          stream.close();
          resolve(result);
        },
        () => {},
      );
      stream.setInterest(true, false);
    });
    assert.equal(received, -constants.errno.EPROTO);
    assert.ok(performance.now() - sinceMs < SOON_MS, 'the event loop stood still');
  });

  it('is closed by a separate thread even if it was never read', async () => {
    const socket = await connectionWithOne();
    const sinceMs = performance.now();
    openNativeByteStream(
      socket,
      new Uint8Array(16),
      () => {},
      () => {},
    ).close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(performance.now() - sinceMs < SOON_MS, 'the event loop stood still');
  });

  it('delays no other caller at any socket of the broker, not even when its connection is refused', async () => {
    const accepted = new Promise<AcceptedConnection>((resolve) => {
      acceptor = acceptNatively(
        { path: socketPath },
        {
          mode: 0o666,
          backlog: 8,
          onConnection: resolve,
          onAcceptError: assert.fail,
        },
      );
    });
    await passOne();
    const connection = await accepted;
    const sinceMs = performance.now();
    connection.refuse();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(performance.now() - sinceMs < SOON_MS, 'the event loop stood still');
  });
});
