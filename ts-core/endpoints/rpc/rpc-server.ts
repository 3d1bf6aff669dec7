/** The JSON-RPC 2.0 endpoint: a socket, and a connection for everyone whom the operating system vouches for. */
import type { Socket } from 'node:net';
import type { Clock } from '../../application/ports.js';
import { type Caller, isAdministrator, sharedLimit } from '../../domain/caller.js';
import { Arrivals } from '../arrivals.js';
import type { ByteConnection } from '../byte-connection.js';
import { type ConnectionSource, type IncomingConnection, listenFor } from '../incoming-connection.js';
import type { RefusedConnections } from '../refused-connections.js';
import { listenOnUnixSocket } from '../unix-listener.js';
import type { UserBudgets } from '../user-budgets.js';
import { RpcConnection, type RpcConnectionParts } from './rpc-connection.js';

export interface RpcServerParts extends RpcConnectionParts, ConnectionSource {
  readonly budgets: UserBudgets;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly maxConnections: number;
  /** Of one user who is no administrator. */
  readonly maxConnectionsPerUser: number;
  readonly refused: RefusedConnections;
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
  readonly #connections = new Set<RpcConnection>();
  readonly #arrivals: Arrivals;
  readonly #countOfUser = new Map<string, number>();
  /** Those that are being set up included. */
  #accepted = 0;
  #server: RpcListener | undefined;
  #sweep: { cancel(): void } | undefined;
  readonly #parts: RpcServerParts;

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
    this.#arrivals = new Arrivals(parts.turns);
  }

  /** Resolves when clients can connect. Rejects with a UnixListenError for a path that is too long or in use. */
  async listen(socketPath: string, inheritedFd?: number): Promise<void> {
    const { log, listen } = this.#parts;
    const options = {
      ...listenFor(this.#parts, (connection) => this.#accept(connection)),
      onAcceptError: (error: Error) => log.error({ error }, 'a connection could not be accepted'),
    };
    this.#server =
      listen?.(socketPath, options) ?? (await listenOnUnixSocket(socketPath, { mode: 0o666, inheritedFd, ...options }));
    this.#sweepLater();
  }

  /** Takes no new connections; those that are open go on. */
  stopListening(): void {
    this.#server?.close();
  }

  /** Ends every connection after its replies are written; those that wait for their turn are refused. */
  close(): void {
    this.stopListening();
    this.#arrivals.close();
    this.#sweep?.cancel();
    for (const connection of this.#connections) connection.end();
  }

  #accept(connection: IncomingConnection): void {
    const { refused } = this.#parts;
    let caller: Caller;
    try {
      caller = connection.identify();
    } catch (error) {
      refused.tell('a connection was refused: its user is not known', { error });
      connection.refuse();
      return;
    }
    const full = this.#fullLimit(caller);
    if (full !== undefined) {
      refused.tell('a connection was refused: too many are open', { user: caller.userKey, setting: full });
      connection.refuse();
      return;
    }
    this.#count(caller, 1);
    this.#arrivals.add({
      connection,
      userKey: caller.userKey,
      setUp: (bytes) => this.#setUp(bytes, caller),
      onGone: () => this.#count(caller, -1),
    });
  }

  #setUp(bytes: ByteConnection, caller: Caller): void {
    const budget = this.#parts.budgets.join(caller);
    this.#connections.add(new RpcConnection(bytes, caller, budget, this.#parts, (closed) => this.#forget(closed)));
  }

  /** One timer for all connections: a timer for each would have to be set for each message. */
  #sweepLater(): void {
    const { clock, limits } = this.#parts;
    this.#sweep = clock.after(Math.max(10, limits.slowPeerTimeoutMs / 8), () => {
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) connection.checkPeer(nowMs);
      this.#sweepLater();
    });
  }

  /** The setting that leaves the caller no further connection. */
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
