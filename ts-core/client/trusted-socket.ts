/** Finds the broker's socket, and connects only if nobody else can impersonate the broker. */
import { stat as statWithCallback } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { connectToBrokerPipe, listenerUserOf } from '../daemon/client-connection.js';
import { TbsError } from '../domain/tbs-error.js';
import { BrokerError, brokerAcceptsNothing, notRunning } from './broker-error.js';

/** Every command of `tbs` runs this, and node:fs/promises takes 2 ms to load. */
const stat = promisify(statWithCallback);

const SYSTEM_SOCKET = '/run/tpmtbs/rpc.sock';

/** Finds the socket: `--socket`, $TPMTBS_SOCKET, the system's broker, the user's own. */
export async function findSocket(option: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const named = option ?? env['TPMTBS_SOCKET'];
  if (named !== undefined && named !== '') return named;
  if (process.platform === 'win32') return '\\\\.\\pipe\\tpmtbs';
  const own = join(env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.()}`, 'tpmtbs', 'rpc.sock');
  for (const candidate of [SYSTEM_SOCKET, own]) {
    if ((await stat(candidate).catch(() => undefined))?.isSocket()) return candidate;
  }
  return process.getuid?.() === 0 ? SYSTEM_SOCKET : own;
}

export function openBrokerSocket(address: string): Promise<Socket> {
  return process.platform === 'win32' ? openPipe(address) : openTrustedSocket(address);
}

async function openTrustedSocket(socketPath: string): Promise<Socket> {
  const trusted = await requireTrustedSocket(socketPath);
  const socket = await openSocket(socketPath);
  try {
    requireTrustedListener(socket, socketPath, trusted);
  } catch (error) {
    // An open socket would keep the process alive after it has reported the error.
    socket.destroy();
    throw error;
  }
  return socket;
}

async function openPipe(name: string): Promise<Socket> {
  try {
    return await connectToBrokerPipe(name);
  } catch (error) {
    if (error instanceof TbsError) throw new BrokerError('refused', error.symbol, error.message, error.action);
    throw notRunning(name);
  }
}

/**
 * Checks that only root, this user or the one named by $TPMTBS_BROKER_UID can impersonate the broker, and returns the
 * users who may listen. If only root can have created the folder, root has also chosen its owner: the broker's user.
 * In a rootless container, whoever set up the container counts as root.
 */
async function requireTrustedSocket(socketPath: string): Promise<ReadonlySet<number | undefined>> {
  const folder = await stat(dirname(socketPath)).catch(() => undefined);
  const socket = await stat(socketPath).catch(() => undefined);
  if (folder === undefined || socket === undefined) throw notRunning(socketPath);
  const trusted = new Set([
    0,
    process.getuid?.(),
    ...(socketPath === SYSTEM_SOCKET && (await onlyRootMakesFoldersIn('/run')) ? [folder.uid] : []),
    ...namedBrokerUser(process.env),
  ]);
  if (!trusted.has(folder.uid)) throw notTrusted(`The folder of ${socketPath} belongs to user ${folder.uid}`);
  if (!trusted.has(socket.uid)) throw notTrusted(`The socket ${socketPath} belongs to user ${socket.uid}`);
  return trusted;
}

/** Returns whether only root can create folders there; in a container, only whoever set it up. */
async function onlyRootMakesFoldersIn(parent: string): Promise<boolean> {
  const OTHERS_WRITE = 0o022;
  return (((await stat(parent).catch(() => undefined))?.mode ?? OTHERS_WRITE) & OTHERS_WRITE) === 0;
}

/** Returns a further user who may run the broker. In a rootless container 65534 stands for every user of the host. */
function namedBrokerUser(env: NodeJS.ProcessEnv): readonly number[] {
  const named = env['TPMTBS_BROKER_UID'] ?? '';
  if (named === '') return [];
  if (/^\d{1,10}$/.test(named) && Number(named) < 0xffffffff) return [Number(named)];
  throw new BrokerError('usage', 'usage', 'TPMTBS_BROKER_UID must be a user id.', 'Set or unset it.');
}

function requireTrustedListener(socket: Socket, socketPath: string, trusted: ReadonlySet<number | undefined>): void {
  const listener = listenerUserOf(socket);
  if (listener === undefined) throw notRunning(socketPath);
  if (!trusted.has(listener)) throw notTrusted(`The listener at ${socketPath} runs as user ${listener}`);
}

function notTrusted(what: string): BrokerError {
  return new BrokerError(
    'refused',
    'TBS_E_ACCESS_DENIED',
    `${what}, who is neither root nor you.`,
    'Do not use this socket: that user could read what you send. Name another with --socket; in a container, see docs/containers.md.',
  );
}

function openSocket(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => resolve(socket));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(code === 'EAGAIN' ? brokerAcceptsNothing(socketPath) : notRunning(socketPath)),
    );
  });
}
