/** The JSON-RPC 2.0 endpoint: a socket, and a connection for everyone whom the operating system vouches for. */
import type { Socket } from 'node:net';
import type { ConnectionOpener } from '../../application/caller-connection.js';
import type { Log } from '../../application/ports.js';
import { type Caller, isAdministrator, sharedLimit } from '../../domain/caller.js';
import type { RefusedConnections } from '../refused-connections.js';
import { listenOnUnixSocket } from '../unix-listener.js';
import type { RpcHandler } from './handler.js';
import { RpcConnection, type RpcLimits } from './rpc-connection.js';

export interface RpcServerParts {
  readonly opener: ConnectionOpener;
  readonly handlers: ReadonlyMap<string, RpcHandler>;
  readonly limits: RpcLimits;
  readonly maxConnections: number;
  /** Of one user who is no administrator. */
  readonly maxConnectionsPerUser: number;
  /** The caller behind a connection; throws when the operating system does not say who it is. */
  readonly identify: (socket: Socket) => Caller;
  readonly refused: RefusedConnections;
  readonly log: Log;
  /** Listens at the address instead of on a Unix socket (a named pipe). */
  readonly listen?: RpcListen | undefined;
}

export type RpcListen = (
  address: string,
  options: { readonly onConnection: (socket: Socket) => void; readonly onAcceptError: (error: Error) => void },
) => RpcListener;

export interface RpcListener {
  /** Takes no new connections. */
  close(): unknown;
}

export class RpcServer {
  private readonly connections = new Set<RpcConnection>();
  private readonly countOfUser = new Map<string, number>();
  private server: RpcListener | undefined;

  constructor(private readonly parts: RpcServerParts) {}

  /** Resolves when clients can connect. Rejects with a UnixListenError for a path that is too long or in use. */
  async listen(socketPath: string, inheritedFd?: number): Promise<void> {
    const options = {
      onConnection: (socket: Socket) => this.accept(socket),
      onAcceptError: (error: Error) => this.parts.log.error({ error }, 'a connection could not be accepted'),
    };
    this.server =
      this.parts.listen?.(socketPath, options) ??
      (await listenOnUnixSocket(socketPath, { mode: 0o666, inheritedFd, ...options }));
  }

  /** Takes no new connections; those that are open go on. */
  stopListening(): void {
    this.server?.close();
  }

  /** Ends every connection after its replies are written. */
  close(): void {
    this.stopListening();
    for (const connection of this.connections) connection.end();
  }

  private accept(socket: Socket): void {
    const { opener, handlers, limits, identify, refused, log } = this.parts;
    socket.on('error', (error) => log.debug({ error }, 'a connection broke'));
    let caller: Caller;
    try {
      caller = identify(socket);
    } catch (error) {
      refused.tell('a connection was refused: its user is not known', { error });
      socket.destroy();
      return;
    }
    if (!this.hasRoomFor(caller)) {
      refused.tell('a connection was refused: too many are open', { user: caller.userKey });
      socket.destroy();
      return;
    }
    const connection = new RpcConnection(socket, caller, opener, handlers, limits, log);
    this.connections.add(connection);
    this.countOfUser.set(caller.userKey, this.connectionsOf(caller.userKey) + 1);
    socket.once('close', () => this.forget(connection));
  }

  private hasRoomFor(caller: Caller): boolean {
    const { maxConnections, maxConnectionsPerUser } = this.parts;
    if (this.connections.size >= sharedLimit(caller, maxConnections)) return false;
    return isAdministrator(caller) || this.connectionsOf(caller.userKey) < maxConnectionsPerUser;
  }

  private connectionsOf(userKey: string): number {
    return this.countOfUser.get(userKey) ?? 0;
  }

  private forget(connection: RpcConnection): void {
    if (!this.connections.delete(connection)) return;
    const { userKey } = connection.caller;
    const left = this.connectionsOf(userKey) - 1;
    if (left > 0) this.countOfUser.set(userKey, left);
    else this.countOfUser.delete(userKey);
  }
}
