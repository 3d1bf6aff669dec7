/** The JSON-RPC 2.0 endpoint: a socket, and a connection for everyone whom the operating system vouches for. */
import type { Socket } from 'node:net';
import type { Clock } from '../../application/ports.js';
import { type Caller, isAdministrator, sharedLimit } from '../../domain/caller.js';
import { limitReached, type ReachedLimit } from '../../domain/limit-reached.js';
import { Arrival } from '../arrival.js';
import { type ByteConnection, overNodeSocket } from '../byte-connection.js';
import type { RefusedConnections } from '../refused-connections.js';
import { type AcceptConnections, listenOnUnixSocket } from '../unix-listener.js';
import type { UserBudgets } from '../user-budgets.js';
import { errorReply } from './json-rpc.js';
import { messageFrame } from './message-frames.js';
import { RpcConnection, type RpcConnectionParts } from './rpc-connection.js';
import { toRpcError } from './rpc-error.js';

const LINGER_MS = 250;
const MAX_LINGERING = 32;

export interface RpcServerParts extends RpcConnectionParts {
  readonly budgets: UserBudgets;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly maxConnections: number;
  /** Of one user who is no administrator. */
  readonly maxConnectionsPerUser: number;
  /** The caller behind a connection; throws when the operating system does not say who it is. */
  readonly identify: (socket: Socket) => Caller;
  readonly refused: RefusedConnections;
  /** How bytes are moved; Node.js' own sockets unless given. Takes the socket over. */
  readonly byteConnection?: ((socket: Socket) => ByteConnection) | undefined;
  /** How connections of a Unix socket are accepted; by Node.js' own server unless given. */
  readonly accept?: AcceptConnections | undefined;
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
  readonly #countOfUser = new Map<string, number>();
  /** Those that are being set up included. */
  #accepted = 0;
  /** Connections that were refused and are still open. */
  #lingering = 0;
  #server: RpcListener | undefined;
  #sweep: { cancel(): void } | undefined;
  readonly #parts: RpcServerParts;

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
  }

  /** Resolves when clients can connect. Rejects with a UnixListenError for a path that is too long or in use. */
  async listen(socketPath: string, inheritedFd?: number): Promise<void> {
    const options = {
      onConnection: (socket: Socket) => this.#accept(socket),
      onAcceptError: (error: Error) => this.#parts.log.error({ error }, 'a connection could not be accepted'),
    };
    this.#server =
      this.#parts.listen?.(socketPath, options) ??
      (await listenOnUnixSocket(socketPath, { mode: 0o666, inheritedFd, accept: this.#parts.accept, ...options }));
    this.#sweepLater();
  }

  /** Takes no new connections; those that are open go on. */
  stopListening(): void {
    this.#server?.close();
  }

  /** Ends every connection after its replies are written. */
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
      refused.tell('a connection was refused: its user is not known', { error });
      this.#refuse(socket, error);
      return;
    }
    const full = this.#fullLimit(caller);
    if (full !== undefined) {
      refused.tell('a connection was refused: too many are open', { user: caller.userKey, setting: full.setting });
      this.#refuse(socket, limitReached('TBS_E_TOO_MANY_TBS_CONTEXTS', full));
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

  /**
   * The last word before the connection is closed: an error that answers no call in particular. A client that writes to a
   * closed socket loses what it has not read, so a few stay open for a moment; nothing is read from them.
   */
  #refuse(socket: Socket, error: unknown): void {
    const mayLinger = this.#lingering < MAX_LINGERING;
    socket.end(messageFrame(errorReply(null, toRpcError(error))), () => {
      if (!mayLinger) socket.destroy();
    });
    if (!mayLinger) return;
    this.#lingering++;
    const end = this.#parts.clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', () => {
      end.cancel();
      this.#lingering--;
    });
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
  #fullLimit(caller: Caller): ReachedLimit | undefined {
    const { maxConnections, maxConnectionsPerUser } = this.#parts;
    if (this.#accepted >= sharedLimit(caller, maxConnections))
      return tooMany('connections', 'limits.connections', maxConnections);
    if (isAdministrator(caller) || this.#connectionsOf(caller.userKey) < maxConnectionsPerUser) return undefined;
    return tooMany('connections of one user', 'limits.connectionsPerUser', maxConnectionsPerUser);
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

function tooMany(of: string, setting: string, limit: number): ReachedLimit {
  return { of, setting, limit, instead: 'Close connections that are no longer used' };
}
