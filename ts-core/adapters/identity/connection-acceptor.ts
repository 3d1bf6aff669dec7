/** Accepts connections through the addon: a bounded number in each turn of the event loop, however many come. */
import { unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { AcceptedConnection } from './accepted-connection.js';
import { nativeAddon } from './native-addon.js';

export interface AcceptOptions<Connection> {
  readonly backlog: number;
  readonly onConnection: (connection: Connection) => void;
  readonly onAcceptError: (error: Error) => void;
}

/** Nothing is read from the connection until somebody asks for it. */
const PAUSED: object = { pauseOnCreate: true };

/** Listens on the path, or on a descriptor that listens already. Throws the error of the operating system. */
export function acceptNatively(
  where: { readonly path: string } | { readonly fd: number },
  { backlog, onConnection, onAcceptError }: AcceptOptions<AcceptedConnection>,
): { close(): void } {
  const addon = nativeAddon();
  const fd = 'fd' in where ? where.fd : addon.listenOnUnixPath(where.path, backlog);
  const acceptor = new addon.ConnectionAcceptor(fd, (accepted) => {
    if (accepted >= 0) onConnection(new AcceptedConnection(accepted));
    else onAcceptError(new Error(`a connection could not be accepted: ${getSystemErrorName(accepted)}`));
  });
  return {
    close() {
      acceptor.close();
      if ('path' in where) removePath(where.path);
    },
  };
}

/** As `acceptNatively`, for those who need a socket of node:net. */
export function acceptSockets(
  where: { readonly path: string } | { readonly fd: number },
  options: AcceptOptions<Socket>,
): { close(): void } {
  const onConnection = (connection: AcceptedConnection): void => {
    const fd = connection.take();
    if (fd !== undefined) options.onConnection(new Socket({ fd, readable: true, writable: true, ...PAUSED }));
  };
  return acceptNatively(where, { ...options, onConnection });
}

function removePath(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody was faster, or may have taken the path over.
  }
}
