/**
 * Listening on a Unix socket path as a service does: a stale socket is taken over, a live one never, a path that is
 * too long is refused (Node.js would truncate it silently), and a socket that the service manager already opened is
 * used as it is (sd_listen_fds(3)).
 */
import { chmod, lstat, mkdir, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** sun_path without its terminating zero: unix(7) on Linux, sys/un.h on macOS. */
const PATH_MAX_BYTES = process.platform === 'darwin' ? 103 : 107;
const FIRST_INHERITED_FD = 3;
/**
 * What Linux gives at most (net.core.somaxconn). Who does not wait in connect(2) gets EAGAIN where it is used up, which one
 * user should not be able to do to another.
 */
const BACKLOG = 4096;
const PROBE_TIMEOUT_MS = 2000;
/** A takeover takes a probe at most; longer, and its process has died. */
const LOCK_LIFE_MS = 2 * PROBE_TIMEOUT_MS;
const LOCK_POLL_MS = 20;
const TAKEOVER_ATTEMPTS = (2 * LOCK_LIFE_MS) / LOCK_POLL_MS;

export interface UnixListenOptions {
  /** Permissions of the socket; a connection needs write permission. */
  readonly mode: number;
  /** Gets the connection paused. */
  readonly onConnection: (socket: Socket) => void;
  readonly backlog?: number;
  /** Listen on this descriptor instead (see `inheritedSockets`); the path is then only for messages. */
  readonly inheritedFd?: number | undefined;
  /** A connection that could not be accepted (EMFILE, …); the listener goes on. */
  readonly onAcceptError?: (error: Error) => void;
  /** How connections are accepted; by Node.js' own server unless given. */
  readonly accept?: AcceptConnections | undefined;
}

/** Listens on the path, or on a descriptor that listens already. Throws the error of the operating system. */
export type AcceptConnections<Connection = Socket> = (
  where: { readonly path: string } | { readonly fd: number },
  options: {
    readonly backlog: number;
    readonly onConnection: (connection: Connection) => void;
    readonly onAcceptError: (error: Error) => void;
  },
) => { close(): void };

export interface UnixListener {
  /** Takes no new connections, and removes the path. */
  close(done?: (error?: Error) => void): unknown;
}

export type UnixListenFault = 'pathTooLong' | 'inUse' | 'notASocket' | 'refused';

export class UnixListenError extends Error {
  override readonly name = 'UnixListenError';
  constructor(
    readonly fault: UnixListenFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/**
 * Listens on `socketPath`, and resolves when clients can connect. Closing the server removes the path.
 * Rejects with a UnixListenError; its cause is the error of the operating system, where that refused.
 */
export async function listenOnUnixSocket(socketPath: string, options: UnixListenOptions): Promise<UnixListener> {
  try {
    return await listenOrTakeOver(socketPath, options);
  } catch (error) {
    if (error instanceof UnixListenError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnixListenError('refused', `cannot listen on ${socketPath}: ${reason}`, error);
  }
}

async function listenOrTakeOver(socketPath: string, options: UnixListenOptions): Promise<UnixListener> {
  if (options.inheritedFd !== undefined) return listen({ fd: options.inheritedFd }, options);
  checkLength(socketPath);
  await makeDirectory(path.dirname(socketPath));
  for (let attempt = 1; ; attempt++) {
    try {
      const server = await listen({ path: socketPath }, options);
      await chmod(socketPath, options.mode);
      return server;
    } catch (error) {
      if (!isCode(error, 'EADDRINUSE') || attempt === TAKEOVER_ATTEMPTS) throw error;
      await removeStaleSocket(socketPath);
    }
  }
}

/**
 * Sockets that the service manager opened for this process, by name (FileDescriptorName=; `unknown` without one).
 * Empty when there are none, or when they are meant for another process.
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, processId: number): ReadonlyMap<string, number> {
  const count = Number(env['LISTEN_FDS'] ?? 0);
  if (Number(env['LISTEN_PID']) !== processId || !Number.isInteger(count) || count < 1) return new Map();
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  return new Map(Array.from({ length: count }, (_, index) => [names[index] || 'unknown', FIRST_INHERITED_FD + index]));
}

/** An existing directory keeps its mode; one that is made here lets every user through to the socket, whatever the umask. */
async function makeDirectory(directory: string): Promise<void> {
  const firstMade = await mkdir(directory, { recursive: true });
  if (firstMade === undefined) return;
  for (let made = directory; ; made = path.dirname(made)) {
    await chmod(made, 0o755);
    if (made === firstMade || made === path.dirname(made)) return;
  }
}

function checkLength(socketPath: string): void {
  const length = new TextEncoder().encode(socketPath).length;
  if (length <= PATH_MAX_BYTES) return;
  throw new UnixListenError(
    'pathTooLong',
    `the socket path ${socketPath} has ${length} bytes, and ${process.platform} allows ${PATH_MAX_BYTES}: use a shorter one`,
  );
}

async function listen(
  where: { readonly path: string } | { readonly fd: number },
  options: UnixListenOptions,
): Promise<UnixListener> {
  const { accept, backlog = BACKLOG, onConnection, onAcceptError = () => {} } = options;
  if (accept === undefined) return listenByNode(where, options);
  const listener = accept(where, { backlog, onConnection, onAcceptError });
  return {
    close(done) {
      listener.close();
      done?.();
    },
  };
}

function listenByNode(
  where: { readonly path: string } | { readonly fd: number },
  options: UnixListenOptions,
): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, options.onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...where, backlog: options.backlog ?? BACKLOG }, () => {
      server.removeListener('error', reject);
      server.on('error', (error) => options.onAcceptError?.(error));
      resolve(server);
    });
  });
}

/**
 * Removes what a broker that died left behind. The lock file makes asking and removing one step: of two brokers that
 * start at once, the slower one would otherwise remove the socket which the faster one has just made.
 */
async function removeStaleSocket(socketPath: string): Promise<void> {
  const lockPath = `${socketPath}.takeover`;
  if (!(await lock(lockPath))) return;
  try {
    const status = await lstat(socketPath).catch(ignoreMissing);
    if (status === undefined) return;
    if (!status.isSocket()) {
      throw new UnixListenError(
        'notASocket',
        `${socketPath} exists and is not a socket: remove it, or use another path`,
      );
    }
    if (await isLive(socketPath)) {
      throw new UnixListenError('inUse', `another process is listening on ${socketPath}`);
    }
    await unlink(socketPath).catch(ignoreMissing);
  } finally {
    await unlink(lockPath).catch(ignoreMissing);
  }
}

/** Whether the lock is ours. When it is not, it has been waited for, a little; one whose holder died is broken. */
async function lock(lockPath: string): Promise<boolean> {
  try {
    await writeFile(lockPath, '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  const status = await stat(lockPath).catch(ignoreMissing);
  if (status !== undefined && Date.now() - status.mtimeMs > LOCK_LIFE_MS) await unlink(lockPath).catch(ignoreMissing);
  else await wait(LOCK_POLL_MS);
  return false;
}

/** Whether somebody accepts connections. One who is too busy to accept at once is alive as well. */
function isLive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    const timer = setTimeout(() => settle(true), PROBE_TIMEOUT_MS);
    const settle = (live: boolean): void => {
      clearTimeout(timer);
      probe.destroy();
      resolve(live);
    };
    probe.on('connect', () => settle(true));
    probe.on('error', (error) => settle(!isCode(error, 'ECONNREFUSED') && !isCode(error, 'ENOENT')));
  });
}

function ignoreMissing(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
