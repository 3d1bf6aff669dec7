/**
 * The two Unix sockets of the broker's callers. They listen before the broker starts its TPM, which may take seconds:
 * callers that connect early wait, as with sockets of the service manager, and are not told that nothing is running.
 */
import { CALLER_SOCKET_MODE, closeUnixSocket, type OpenedSocket, openUnixSocket } from '../endpoints/unix-listener.js';
import type { Configuration } from './configuration.js';

type SocketName = 'rpc' | 'wire';

/** Creates a socket that listens on the path, and returns its descriptor. Throws the operating system's error. */
export type OpenSocket = (socketPath: string, mode: number, backlog: number) => number;

export interface CallerSockets {
  /** Gives a socket to its endpoint, which then closes it. Undefined where the endpoint opens its own. */
  take(name: SocketName): OpenedSocket | undefined;
  /** Closes what no endpoint has taken. Sockets of the service manager stay. */
  close(): void;
}

/**
 * Opens the sockets that the service manager has not opened (`inherited`, by name). `open` is undefined on Windows,
 * where callers connect to a pipe. Rejects with a UnixListenError; then no socket stays open.
 */
export async function openCallerSockets(
  { sockets }: Pick<Configuration, 'sockets'>,
  inherited: ReadonlyMap<string, number>,
  open: OpenSocket | undefined,
): Promise<CallerSockets> {
  const waiting = new Map<SocketName, OpenedSocket>();
  const close = (): void => {
    for (const [name, socket] of waiting) if (!socket.isInherited) closeUnixSocket(sockets[name], socket);
    waiting.clear();
  };
  try {
    // In this order: a client that finds the path of rpc finds that of wire too.
    for (const name of ['wire', 'rpc'] as const) {
      const fd = inherited.get(name);
      if (fd !== undefined) waiting.set(name, { fd, isInherited: true });
      else if (open !== undefined) waiting.set(name, await openUnixSocket(sockets[name], CALLER_SOCKET_MODE, open));
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    take: (name) => {
      const socket = waiting.get(name);
      waiting.delete(name);
      return socket;
    },
    close,
  };
}
