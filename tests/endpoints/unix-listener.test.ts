import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { acceptNatively } from '../../ts-core/adapters/identity/connection-acceptor.js';
import {
  type AcceptConnections,
  inheritedSockets,
  listenOnUnixSocket,
  type UnixListener,
} from '../../ts-core/endpoints/unix-listener.js';

const acceptSockets: AcceptConnections = (where, { onConnection, ...options }) =>
  acceptNatively(where, {
    ...options,
    onConnection: (accepted) => {
      const paused: object = { pauseOnCreate: true };
      onConnection(new Socket({ fd: accepted.take() as number, readable: true, writable: true, ...paused }));
    },
  });

const KINDS: readonly { readonly name: string; readonly accept: AcceptConnections | undefined }[] = [
  { name: 'Node.js', accept: undefined },
  { name: 'the addon', accept: acceptSockets },
];

for (const { name, accept } of KINDS) {
  describe(`listening on a Unix socket by ${name}`, () => {
    let directory: string;
    const servers: UnixListener[] = [];

    beforeEach(() => {
      directory = mkdtempSync(path.join(tmpdir(), 'listen-'));
    });
    afterEach(async () => {
      await Promise.all(servers.splice(0).map((server) => new Promise<unknown>((resolve) => server.close(resolve))));
      rmSync(directory, { recursive: true });
    });

    async function open(socketPath: string, mode = 0o666): Promise<UnixListener> {
      const greet = (socket: Socket): void => {
        socket.on('error', () => {});
        socket.resume();
        socket.end('hello');
      };
      const server = await listenOnUnixSocket(socketPath, { mode, accept, onConnection: greet });
      servers.push(server);
      return server;
    }

    async function greeting(socketPath: string): Promise<string> {
      const [chunk] = await once(connect(socketPath), 'data');
      return String(chunk);
    }

    function leaveStaleSocket(socketPath: string): void {
      const script = `import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])`;
      assert.equal(spawnSync('python3', ['-c', script, socketPath]).status, 0);
      assert.ok(existsSync(socketPath));
    }

    it('accepts connections, with the requested mode, in a directory that it creates', async () => {
      const socketPath = path.join(directory, 'run', 'tpmtbs', 'wire.sock');
      const umask = process.umask(0o077);
      try {
        await open(socketPath, 0o666);
      } finally {
        process.umask(umask);
      }
      assert.equal(statSync(path.join(directory, 'run')).mode & 0o777, 0o755);
      assert.equal(statSync(socketPath).mode & 0o777, 0o666);
      assert.equal(statSync(path.dirname(socketPath)).mode & 0o777, 0o755);
      assert.equal(await greeting(socketPath), 'hello');
    });

    it('leaves the permissions of files alone that other threads create meanwhile', async () => {
      const modeOfFolder = 0o777 & ~process.umask();
      for (let round = 0; round < 50; round++) {
        const folders = Array.from({ length: 8 }, (_, index) => path.join(directory, `${round}-${index}`));
        const made = Promise.all(folders.map((folder) => mkdir(folder)));
        await open(path.join(directory, `${round}.sock`));
        await made;
        for (const folder of folders) assert.equal(statSync(folder).mode & 0o777, modeOfFolder);
      }
    });

    it('takes over a stale socket', async () => {
      const socketPath = path.join(directory, 'wire.sock');
      leaveStaleSocket(socketPath);
      await open(socketPath);
      assert.equal(await greeting(socketPath), 'hello');
      assert.deepEqual(readdirSync(directory), ['wire.sock']);
    });

    it('never takes over a live socket', async () => {
      const socketPath = path.join(directory, 'wire.sock');
      await open(socketPath);
      await assert.rejects(open(socketPath), { name: 'UnixListenError', fault: 'inUse' });
      assert.equal(await greeting(socketPath), 'hello');
    });

    it('lets exactly one of several that start at once take over a stale socket', async () => {
      const socketPath = path.join(directory, 'wire.sock');
      leaveStaleSocket(socketPath);
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => open(socketPath)));
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
      assert.equal(await greeting(socketPath), 'hello');
    });

    it('refuses a path that the platform would truncate, counted in bytes', async () => {
      const longest = path.join(directory, 'x'.repeat(107 - Buffer.byteLength(directory) - 1));
      await open(longest);
      assert.equal(await greeting(longest), 'hello');
      await assert.rejects(open(`${longest}x`), { fault: 'pathTooLong' });
      await assert.rejects(open(`${longest.slice(0, -1)}ü`), { fault: 'pathTooLong' });
    });

    it('does not remove a file that is not a socket', async () => {
      const file = path.join(directory, 'wire.sock');
      writeFileSync(file, 'kept');
      await assert.rejects(open(file), { fault: 'notASocket' });
      assert.ok(existsSync(file));
    });

    it('listens on an inherited descriptor', async () => {
      const socketPath = path.join(directory, 'activated.sock');
      const activator = spawn(
        'python3',
        ['-c', ACTIVATOR, socketPath, process.execPath, '--input-type=module', '-e', SERVICE],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      try {
        await once(activator.stdout, 'data');
        assert.equal(await greeting(socketPath), 'inherited');
      } finally {
        activator.kill();
      }
    });
  });
}

describe('a socket that the addon opens', () => {
  it('lets every user connect as soon as it listens, whatever the umask', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'listen-'));
    const socketPath = path.join(directory, 'rpc.sock');
    const umask = process.umask(0o077);
    let modeWhenListening = 0;
    try {
      const accept: AcceptConnections = (where, options) => {
        const listener = acceptSockets(where, options);
        modeWhenListening = statSync(socketPath).mode & 0o777;
        return listener;
      };
      const listener = await listenOnUnixSocket(socketPath, { mode: 0o666, accept, onConnection: () => {} });
      listener.close();
    } finally {
      process.umask(umask);
      rmSync(directory, { recursive: true });
    }
    assert.equal(modeWhenListening, 0o666);
  });
});

describe('a storm of connections', () => {
  it('is accepted a bounded number at a time, with everything else on the event loop in between', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'storm-'));
    const socketPath = path.join(directory, 'sock');
    const acceptedInTurn: number[] = [0];
    const listener = await listenOnUnixSocket(socketPath, {
      mode: 0o666,
      accept: acceptSockets,
      onConnection: (socket) => {
        socket.destroy();
        acceptedInTurn.push((acceptedInTurn.pop() ?? 0) + 1);
      },
    });
    // All of them are waiting before the listener accepts the first one.
    const script = `import socket,sys; [socket.socket(socket.AF_UNIX).connect(sys.argv[1]) for _ in range(500)]`;
    assert.equal(spawnSync('python3', ['-c', script, socketPath]).status, 0);
    const accepted = (): number => acceptedInTurn.reduce((sum, count) => sum + count, 0);
    while (accepted() < 500) {
      acceptedInTurn.push(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    listener.close();
    rmSync(directory, { recursive: true });
    assert.ok(Math.max(...acceptedInTurn) <= 64, `${Math.max(...acceptedInTurn)} in one turn`);
  });
});

describe('inherited sockets', () => {
  const env = { LISTEN_PID: '100', LISTEN_FDS: '2', LISTEN_FDNAMES: 'rpc:wire' };

  it('are numbered from 3 and named by the service manager', () => {
    assert.deepEqual(
      [...inheritedSockets(env, 100)],
      [
        ['rpc', 3],
        ['wire', 4],
      ],
    );
  });
  it('are not taken from another process, and are empty without the variables', () => {
    assert.equal(inheritedSockets(env, 101).size, 0);
    assert.equal(inheritedSockets({}, 100).size, 0);
    assert.equal(inheritedSockets({ ...env, LISTEN_FDS: 'x' }, 100).size, 0);
  });
});

/** Acts as the service manager: opens the socket as descriptor 3, then executes the service. */
const ACTIVATOR = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='wire')
os.execv(sys.argv[2], sys.argv[2:])
`;

const SERVICE = `
import { inheritedSockets, listenOnUnixSocket } from ${JSON.stringify(new URL('../../ts-core/endpoints/unix-listener.js', import.meta.url).href)};
const opened = { fd: inheritedSockets(process.env, process.pid).get('wire'), isInherited: true };
await listenOnUnixSocket('activated', { mode: 0o666, opened, onConnection: (socket) => socket.resume().end('inherited') });
console.log('listening');
`;
