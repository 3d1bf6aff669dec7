/** The command line's connection to the broker: any client's, over the JSON-RPC endpoint. */
import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import {
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { z } from 'zod';
import { connectToBrokerPipe } from '../daemon/client-pipe.js';
import { listenerUserOf } from '../daemon/socket-listener-user.js';
import { TBS_RESULTS, TbsError } from '../domain/tbs-error.js';
import type { RpcMethod } from '../endpoints/rpc/protocol/method.js';
import { EXIT } from './exit-codes.js';

/** A failure to tell on standard error: symbol, what happened, what to do; and how to exit. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  constructor(
    readonly exitCode: number,
    readonly symbol: string,
    message: string,
    readonly action: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

export interface BrokerClient {
  call<Params extends z.ZodType, Result>(method: RpcMethod<Params, Result>, params?: z.input<Params>): Promise<Result>;
  onNotification(method: string, listener: (params: unknown) => void): void;
  /** Resolves when the broker ends the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

const SYSTEM_SOCKET = '/run/tpmtbs/rpc.sock';

/** Where the broker listens: `--socket`, $TPMTBS_SOCKET, the system's broker, the user's own. */
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

export async function connectToBroker(socketPath: string): Promise<BrokerClient> {
  const socket = process.platform === 'win32' ? await openPipe(socketPath) : await openTrustedSocket(socketPath);
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  connection.listen();
  const closed = new Promise<void>((resolve) => connection.onClose(resolve));
  return {
    call: (method, params) => call(connection, closed, method.name, params),
    onNotification: (method, listener) => void connection.onNotification(method, listener),
    closed,
    close: () => {
      connection.dispose();
      socket.destroy();
    },
  };
}

async function openTrustedSocket(socketPath: string): Promise<Socket> {
  const trusted = await requireTrustedSocket(socketPath);
  const socket = await openSocket(socketPath);
  requireTrustedListener(socket, socketPath, trusted);
  return socket;
}

async function openPipe(name: string): Promise<Socket> {
  try {
    return await connectToBrokerPipe(name);
  } catch (error) {
    if (error instanceof TbsError) throw new CliFailure(EXIT.refused, error.symbol, error.message, error.action);
    throw notRunning(name);
  }
}

/**
 * Nobody but root and the user who asks may stand in for the broker. Where only root can have made the folder, root has
 * also chosen who owns it: the broker's user. Gives the users who may listen.
 */
async function requireTrustedSocket(socketPath: string): Promise<ReadonlySet<number | undefined>> {
  const folder = await stat(dirname(socketPath)).catch(() => undefined);
  const socket = await stat(socketPath).catch(() => undefined);
  if (folder === undefined || socket === undefined) throw notRunning(socketPath);
  const trusted = new Set([0, process.getuid?.(), ...(socketPath === SYSTEM_SOCKET ? [folder.uid] : [])]);
  if (!trusted.has(folder.uid)) throw notTrusted(`The folder of ${socketPath} belongs to user ${folder.uid}`);
  if (!trusted.has(socket.uid)) throw notTrusted(`The socket ${socketPath} belongs to user ${socket.uid}`);
  return trusted;
}

function requireTrustedListener(socket: Socket, socketPath: string, trusted: ReadonlySet<number | undefined>): void {
  const listener = listenerUserOf(socket);
  if (listener === undefined) throw notRunning(socketPath);
  if (trusted.has(listener)) return;
  socket.destroy();
  throw notTrusted(`The listener at ${socketPath} runs as user ${listener}`);
}

function notTrusted(what: string): CliFailure {
  return new CliFailure(
    EXIT.refused,
    'TBS_E_ACCESS_DENIED',
    `${what}, who is neither root nor you.`,
    'Do not use this socket: that user could read what you send. Name another with --socket.',
  );
}

function openSocket(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => resolve(socket));
    socket.once('error', () => reject(notRunning(socketPath)));
  });
}

function notRunning(socketPath: string): CliFailure {
  const { message, action } = TBS_RESULTS.TBS_E_SERVICE_NOT_RUNNING;
  return new CliFailure(EXIT.notRunning, 'TBS_E_SERVICE_NOT_RUNNING', `${message} (${socketPath})`, action);
}

export function brokerGone(): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    'The broker ended the connection.',
    'The log of tbsd says why: it stopped, or it refuses this user or so many connections.',
  );
}

async function call<Result>(
  connection: MessageConnection,
  closed: Promise<void>,
  method: string,
  params: unknown,
): Promise<Result> {
  const gone = closed.then(() => {
    throw brokerGone();
  });
  try {
    return await Promise.race([connection.sendRequest<Result>(method, params ?? {}), gone]);
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    throw CONNECTION_FAULTS.has(error.code) ? brokerGone() : asFailure(error);
  }
}

/** What vscode-jsonrpc says itself when the other end is gone before the answer. */
const CONNECTION_FAULTS: ReadonlySet<number> = new Set([
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
]);

interface ErrorData {
  readonly symbol?: string;
  readonly action?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

function asFailure(error: ResponseError<unknown>): CliFailure {
  const data = (error.data ?? {}) as ErrorData;
  return new CliFailure(
    EXIT.refused,
    data.symbol ?? `JSON-RPC ${error.code}`,
    error.message,
    data.action ?? '',
    data.details,
  );
}
