/** Accepts connections through the addon, which limits how many it accepts in one turn of the event loop. */
import { getSystemErrorName } from 'node:util';
import { AcceptedConnection } from './accepted-connection.js';
import { nativeAddon } from './native-addon.js';

export interface AcceptOptions<Connection> {
  /** Permissions of a path that is created. */
  readonly mode: number;
  readonly backlog: number;
  readonly onConnection: (connection: Connection) => void;
  readonly onAcceptError: (error: Error) => void;
}

/**
 * Listens on the path, which stays when the listener closes, or takes over a listening descriptor. Throws the operating
 * system's error.
 */
export function acceptNatively(
  where: { readonly path: string } | { readonly fd: number },
  { mode, backlog, onConnection, onAcceptError }: AcceptOptions<AcceptedConnection>,
): { close(): void } {
  const addon = nativeAddon();
  const fd = 'fd' in where ? where.fd : addon.listenOnUnixPath(where.path, mode, backlog);
  return new addon.ConnectionAcceptor(fd, (accepted) => {
    if (accepted >= 0) onConnection(new AcceptedConnection(accepted));
    else onAcceptError(new Error(`cannot accept a connection: ${getSystemErrorName(accepted)}`));
  });
}
