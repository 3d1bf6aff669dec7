/**
 * Listens on a Unix socket path as a service should: takes over a stale socket but never a live one, refuses a path
 * that is too long (Node.js would truncate it silently), and uses a socket that the service manager has already opened
 * (sd_listen_fds(3)).
 */
import { chmodSync, closeSync, unlinkSync } from 'node:fs';
import { chmod, lstat, mkdir, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Every user may connect. What each caller may do is decided when a request arrives. */
export const CALLER_SOCKET_MODE = 0o666;

/** sun_path without its terminating zero: unix(7) on Linux, sys/un.h on macOS. */
const PATH_MAX_BYTES = process.platform === 'darwin' ? 103 : 107;
const FIRST_INHERITED_FD = 3;
/**
 * The most that Linux allows (net.core.somaxconn). When the backlog is full, a non-blocking connect(2) fails with
 * EAGAIN, and one user must not be able to cause that for another.
 */
const BACKLOG = 4096;
const PROBE_TIMEOUT_MS = 2000;
/** A takeover lasts one probe at most. If the lock is older, its holder has died. */
const LOCK_LIFE_MS = 2 * PROBE_TIMEOUT_MS;
const LOCK_POLL_MS = 20;
const TAKEOVER_ATTEMPTS = (2 * LOCK_LIFE_MS) / LOCK_POLL_MS;

export interface UnixListenOptions {
  /** Permissions of the socket; connecting needs write permission. */
  readonly mode: number;
  /** The connection is paused. */
  readonly onConnection: (socket: Socket) => void;
  readonly backlog?: number;
  /** A socket that listens already, and is used instead of a new one. */
  readonly opened?: OpenedSocket | undefined;
  /** Reports a connection that cannot be accepted (EMFILE, …); the listener continues. */
  readonly onAcceptError?: (error: Error) => void;
  /** Accepts connections; default: Node.js' own server. */
  readonly accept?: AcceptConnections | undefined;
}

/** A socket that listens already, and holds connections in its backlog until somebody accepts them. */
export interface OpenedSocket {
  readonly fd: number;
  /** Whether the service manager opened it (see `inheritedSockets`); then its path stays when the listener closes. */
  readonly isInherited: boolean;
}

/**
 * Listens on a path, or on a descriptor that already listens. Throws the operating system's error. Closing leaves the
 * path to the caller.
 */
export type AcceptConnections<Connection = Socket> = (
  where: { readonly path: string } | { readonly fd: number },
  options: {
    /** Permissions of the path, which it has before a client can connect. */
    readonly mode: number;
    readonly backlog: number;
    readonly onConnection: (connection: Connection) => void;
    readonly onAcceptError: (error: Error) => void;
  },
) => { close(): void };

export interface UnixListener {
  /** Accepts no more connections, and removes the path. */
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
 * Listens on `socketPath`. Resolves once clients can connect. Closing the server removes the path. Rejects with a
 * UnixListenError, whose cause is the operating system's error, if there is one.
 */
export async function listenOnUnixSocket(socketPath: string, options: UnixListenOptions): Promise<UnixListener> {
  const { opened } = options;
  if (opened === undefined) return onFreePath(socketPath, () => listen({ path: socketPath }, options));
  const listener = await withReason(socketPath, () => listen({ fd: opened.fd }, options));
  if (opened.isInherited) return listener;
  return {
    close(done) {
      removePath(socketPath);
      return listener.close(done);
    },
  };
}

/**
 * Opens a socket that listens on `socketPath`, with `open`, and accepts nothing yet: clients can connect, and wait.
 * Rejects as `listenOnUnixSocket` does.
 */
export async function openUnixSocket(
  socketPath: string,
  mode: number,
  open: (socketPath: string, mode: number, backlog: number) => number,
): Promise<OpenedSocket> {
  return { fd: await onFreePath(socketPath, () => open(socketPath, mode, BACKLOG)), isInherited: false };
}

/** Closes a socket that `openUnixSocket` opened and nobody has taken over. Clients that wait are disconnected. */
export function closeUnixSocket(socketPath: string, { fd }: OpenedSocket): void {
  removePath(socketPath);
  closeSync(fd);
}

/** Creates a socket with `create`, after removing one that a dead broker has left at the path. */
function onFreePath<Created>(socketPath: string, create: () => Created | Promise<Created>): Promise<Created> {
  return withReason(socketPath, () => createOrTakeOver(socketPath, create));
}

async function withReason<Result>(socketPath: string, listening: () => Promise<Result>): Promise<Result> {
  try {
    return await listening();
  } catch (error) {
    if (error instanceof UnixListenError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnixListenError('refused', `cannot listen on ${socketPath}: ${reason}`, error);
  }
}

async function createOrTakeOver<Created>(
  socketPath: string,
  create: () => Created | Promise<Created>,
): Promise<Created> {
  checkLength(socketPath);
  await makeDirectory(path.dirname(socketPath));
  for (let attempt = 1; ; attempt++) {
    try {
      return await create();
    } catch (error) {
      if (!isCode(error, 'EADDRINUSE') || attempt === TAKEOVER_ATTEMPTS) throw error;
      await removeStaleSocket(socketPath);
    }
  }
}

/**
 * Returns the sockets that the service manager opened for this process, by name (FileDescriptorName=; `unknown` without
 * one). Empty if there are none, or if they are meant for another process.
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, processId: number): ReadonlyMap<string, number> {
  const count = Number(env['LISTEN_FDS'] ?? 0);
  if (Number(env['LISTEN_PID']) !== processId || !Number.isInteger(count) || count < 1) return new Map();
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  return new Map(Array.from({ length: count }, (_, index) => [names[index] || 'unknown', FIRST_INHERITED_FD + index]));
}

/**
 * Creates the directory, so that every user can reach the socket whatever the umask. An existing one keeps its mode.
 */
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
  const { accept, mode, backlog = BACKLOG, onConnection, onAcceptError = () => {} } = options;
  if (accept === undefined) return listenByNode(where, options);
  const listener = accept(where, { mode, backlog, onConnection, onAcceptError });
  return {
    close(done) {
      listener.close();
      if ('path' in where) removePath(where.path);
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
    // Node.js has created the path by now, unless it could not. The umask is not used for this: it belongs to the whole
    // process, and files that other threads create meanwhile would get the socket's.
    if ('path' in where && server.listening) chmodSync(where.path, options.mode);
  });
}

/**
 * Removes the socket of a broker that died. The lock file makes checking and removing one step: if two brokers start at
 * once, the slower one would otherwise remove the socket that the faster one has just created.
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

/**
 * Returns whether we hold the lock. If another process holds it, waits briefly first; breaks a lock whose holder died.
 */
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

/** Returns whether a process accepts connections. One that is too busy to accept at once counts as alive. */
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

function removePath(socketPath: string): void {
  try {
    unlinkSync(socketPath);
  } catch {
    // Another process has already removed the path, or has taken it over.
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
