import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nativeAddon } from '../../ts-core/adapters/identity/native-addon.js';
import { openCallerSockets } from '../../ts-core/daemon/caller-sockets.js';
import { listenOnUnixSocket } from '../../ts-core/endpoints/unix-listener.js';

const open = nativeAddon().listenOnUnixPath;

describe('the sockets of callers', () => {
  let folder: string;
  let sockets: { rpc: string; wire: string };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'caller-sockets-'));
    sockets = { rpc: path.join(folder, 'rpc.sock'), wire: path.join(folder, 'wire.sock') };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('let every user connect before an endpoint accepts, and then serve who waited', async () => {
    const opened = await openCallerSockets({ sockets }, new Map(), open);
    assert.equal(statSync(sockets.rpc).mode & 0o777, 0o666);
    const early = connect(sockets.rpc);
    await once(early, 'connect');
    early.write('asks early');
    const listener = await listenOnUnixSocket(sockets.rpc, {
      mode: 0o666,
      opened: opened.take('rpc'),
      onConnection: (socket) => socket.pipe(socket).resume(),
    });
    const [answer] = await once(early, 'data');
    assert.equal(String(answer), 'asks early');
    early.destroy();
    await new Promise<unknown>((resolve) => listener.close(resolve));
    assert.ok(!existsSync(sockets.rpc), 'the path is removed by the listener that took the socket');
    assert.ok(existsSync(sockets.wire));
    opened.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('disconnect who waits if the broker cannot start', async () => {
    const opened = await openCallerSockets({ sockets }, new Map(), open);
    const waiting = connect(sockets.wire);
    await once(waiting, 'connect');
    const closed = new Promise((resolve) => waiting.on('error', () => {}).once('close', resolve));
    waiting.resume();
    opened.close();
    await closed;
    assert.deepEqual(readdirSync(folder), []);
  });

  it('leave those of the service manager alone', async () => {
    const opened = await openCallerSockets({ sockets }, new Map([['rpc', 3]]), open);
    assert.deepEqual(readdirSync(folder), ['wire.sock']);
    assert.deepEqual(opened.take('rpc'), { fd: 3, isInherited: true });
    opened.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('close again if one of them cannot be opened', async () => {
    writeFileSync(sockets.wire, 'a file');
    await assert.rejects(openCallerSockets({ sockets }, new Map(), open), { fault: 'notASocket' });
    assert.deepEqual(readdirSync(folder), ['wire.sock']);
  });

  it('are never taken from another broker', async () => {
    const other = createServer().listen(sockets.rpc);
    await once(other, 'listening');
    await assert.rejects(openCallerSockets({ sockets }, new Map(), open), { fault: 'inUse' });
    assert.ok(existsSync(sockets.rpc));
    await new Promise<unknown>((resolve) => other.close(resolve));
  });

  it('are not opened where callers connect to a pipe', async () => {
    const opened = await openCallerSockets({ sockets }, new Map(), undefined);
    assert.equal(opened.take('rpc'), undefined);
    assert.deepEqual(readdirSync(folder), []);
  });
});
