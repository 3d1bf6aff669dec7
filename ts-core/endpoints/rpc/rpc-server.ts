/** The JSON-RPC 2.0 endpoint: a socket, with one connection for each caller that the operating system identifies. */
import type { Socket } from 'node:net';
import type { Clock } from '../../application/ports.js';
import { type Caller, isAdministrator, sharedLimit } from '../../domain/caller.js';
import { Arrival } from '../arrival.js';
import { type ByteConnection, overNodeSocket } from '../byte-connection.js';
import type { RefusedConnections } from '../refused-connections.js';
import { type AcceptConnections, listenOnUnixSocket } from '../unix-listener.js';
import type { UserBudgets } from '../user-budgets.js';
import { RpcConnection, type RpcConnectionParts } from './rpc-connection.js';

export interface RpcServerParts extends RpcConnectionParts {
  readonly budgets: UserBudgets;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly maxConnections: number;
  /** The limit for one user who is not an administrator. */
  readonly maxConnectionsPerUser: number;
  /** Returns the caller behind a connection. Throws if the operating system does not identify it. */
  readonly identify: (socket: Socket) => Caller;
  readonly refused: RefusedConnections;
  /** Creates the byte connection and takes over the socket; default: Node.js sockets. */
  readonly byteConnection?: ((socket: Socket) => ByteConnection) | undefined;
  /** Accepts connections of a Unix socket; default: Node.js' own server. */
  readonly accept?: AcceptConnections | undefined;
  /** Listens at the address instead of on a Unix socket (a named pipe). */
  readonly listen?: RpcListen | undefined;
}

export type RpcListen = (
  address: string,
  options: { readonly onConnection: (socket: Socket) => void; readonly onAcceptError: (error: Error) => void },
) => RpcListener;

export interface RpcListener {
  /** Accepts no more connections. */
  close(): unknown;
}

export class RpcServer {
  readonly #connections = new Set<RpcConnection>();
  readonly #countOfUser = new Map<string, number>();
  /** Includes connections that are still being set up. */
  #accepted = 0;
  #server: RpcListener | undefined;
  #sweep: { cancel(): void } | undefined;
  readonly #parts: RpcServerParts;

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
  }

  /** Resolves once clients can connect. Rejects with a UnixListenError if the path is too long or in use. */
  async listen(socketPath: string, inheritedFd?: number): Promise<void> {
    const options = {
      onConnection: (socket: Socket) => this.#accept(socket),
      onAcceptError: (error: Error) => this.#parts.log.error({ error }, 'cannot accept a connection'),
    };
    this.#server =
      this.#parts.listen?.(socketPath, options) ??
      (await listenOnUnixSocket(socketPath, { mode: 0o666, inheritedFd, accept: this.#parts.accept, ...options }));
    this.#sweepLater();
  }

  /** Accepts no more connections; open ones stay. */
  stopListening(): void {
    this.#server?.close();
  }

  /** Closes every connection after its replies are written. */
  close(): void {
    this.stopListening();
    this.#sweep?.cancel();
    for (const connection of this.#connections) connection.end();
  }

  #accept(socket: Socket): void {
    const { budgets, byteConnection = overNodeSocket, identify, log, refused, turns } = this.#parts;
    socket.on('error', (error) => log.debug({ error }, 'a connection broke'));
    let caller: Caller;
    try {
      caller = identify(socket);
    } catch (error) {
      refused.tell('refused a connection: its user is unknown', { error });
      socket.destroy();
      return;
    }
    const full = this.#fullLimit(caller);
    if (full !== undefined) {
      refused.tell('refused a connection: too many are open', { user: caller.userKey, setting: full });
      socket.destroy();
      return;
    }
    this.#count(caller, 1);
    const setUp = (): void => {
      const bytes = byteConnection(socket);
      const budget = budgets.join(caller);
      const connection = new RpcConnection(bytes, caller, budget, this.#parts, (closed) => this.#forget(closed));
      this.#connections.add(connection);
    };
    new Arrival(socket, caller.userKey, turns, setUp, () => this.#count(caller, -1));
  }

  /** Starts one timer for all connections: one for each would have to be reset for each message. */
  #sweepLater(): void {
    const { clock, limits } = this.#parts;
    this.#sweep = clock.after(Math.max(10, limits.slowPeerTimeoutMs / 8), () => {
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) connection.checkPeer(nowMs);
      this.#sweepLater();
    });
  }

  /** Returns the setting whose limit the caller has reached, if any. */
  #fullLimit(caller: Caller): string | undefined {
    const { maxConnections, maxConnectionsPerUser } = this.#parts;
    if (this.#accepted >= sharedLimit(caller, maxConnections)) return 'limits.connections';
    if (isAdministrator(caller) || this.#connectionsOf(caller.userKey) < maxConnectionsPerUser) return undefined;
    return 'limits.connectionsPerUser';
  }

  #connectionsOf(userKey: string): number {
    return this.#countOfUser.get(userKey) ?? 0;
  }

  #count({ userKey }: Caller, change: 1 | -1): void {
    this.#accepted += change;
    const count = this.#connectionsOf(userKey) + change;
    if (count > 0) this.#countOfUser.set(userKey, count);
    else this.#countOfUser.delete(userKey);
  }

  #forget(connection: RpcConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#parts.budgets.leave(connection.caller);
    this.#count(connection.caller, -1);
  }
}
