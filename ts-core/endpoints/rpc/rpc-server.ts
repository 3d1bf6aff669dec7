/** The JSON-RPC 2.0 endpoint: a socket, with one connection for each caller that the operating system identifies. */
import type { Socket } from 'node:net';
import type { Clock } from '../../application/ports/operating-system.js';
import type { Caller } from '../../domain/caller.js';
import { limitReached, type ReachedLimit } from '../../domain/limit-reached.js';
import { Arrivals } from '../arrivals.js';
import type { ByteConnection } from '../byte-connection.js';
import { ConnectionCounts, type ConnectionLimits } from '../connection-counts.js';
import { type ConnectionSource, type IncomingConnection, listenFor, openUnlessGone } from '../incoming-connection.js';
import type { RefusedConnections } from '../refused-connections.js';
import { CALLER_SOCKET_MODE, listenOnUnixSocket, type OpenedSocket } from '../unix-listener.js';
import type { UserByteBudgets } from '../user-byte-budgets.js';
import { errorReply } from './json-rpc.js';
import { messageFrame } from './message-frames.js';
import { RpcConnection, type RpcConnectionParts } from './rpc-connection.js';
import { toRpcError } from './rpc-error.js';

const LINGER_MS = 250;
const MAX_LINGERING = 32;

const LIMITS = {
  maxConnections: { of: 'connections', setting: 'limits.connections' },
  maxConnectionsPerUser: { of: 'connections of one user', setting: 'limits.connectionsPerUser' },
} as const;

export interface RpcServerParts extends RpcConnectionParts, ConnectionSource, ConnectionLimits {
  readonly budgets: UserByteBudgets;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly refused: RefusedConnections;
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
  readonly #arrivals: Arrivals;
  readonly #counts: ConnectionCounts;
  /** Connections that were refused and are still open. */
  #lingering = 0;
  #server: RpcListener | undefined;
  #sweep: { cancel(): void } | undefined;
  readonly #parts: RpcServerParts;

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
    this.#counts = new ConnectionCounts(parts);
    this.#arrivals = new Arrivals(parts.turns, this.#counts);
  }

  /** Resolves once clients can connect. Rejects with a UnixListenError if the path is too long or in use. */
  async listen(socketPath: string, opened?: OpenedSocket): Promise<void> {
    const { log, listen } = this.#parts;
    const options = {
      ...listenFor(this.#parts, (connection) => this.#accept(connection)),
      onAcceptError: (error: Error) => log.error({ error }, 'cannot accept a connection'),
    };
    this.#server =
      listen?.(socketPath, options) ??
      (await listenOnUnixSocket(socketPath, { mode: CALLER_SOCKET_MODE, opened, ...options }));
    this.#sweepLater();
  }

  /** Accepts no more connections; open ones stay. */
  stopListening(): void {
    this.#server?.close();
  }

  /** Closes every connection after its replies are written; refuses those that wait for their turn. */
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
      refused.log('refused a connection: its user is unknown', { error });
      this.#refuse(connection, error);
      return;
    }
    const full = this.#reachedLimit(caller);
    if (full !== undefined) {
      refused.log('refused a connection: too many are open', { user: caller.userKey, setting: full.setting });
      this.#refuse(connection, limitReached('TBS_E_TOO_MANY_TBS_CONTEXTS', full));
      return;
    }
    this.#arrivals.add({
      connection,
      caller,
      setUp: (bytes) => this.#setUp(bytes, caller),
    });
  }

  /**
   * Reports the reason to the client before the connection is closed, in an error that answers no call. A client that
   * writes to a closed socket loses what it has not read, so a few connections stay open for a moment; nothing is
   * read from them.
   */
  #refuse(connection: IncomingConnection, error: unknown): void {
    const reason = messageFrame(errorReply(null, toRpcError(error)));
    const bytes = this.#lingering < MAX_LINGERING ? openUnlessGone(connection) : undefined;
    if (bytes === undefined) {
      connection.refuse(reason);
      return;
    }
    this.#lingering++;
    const end = this.#parts.clock.after(LINGER_MS, () => bytes.close(false));
    bytes.events = {
      received: () => undefined,
      drained: () => undefined,
      closed: () => {
        end.cancel();
        this.#lingering--;
      },
    };
    bytes.setReading(false);
    bytes.send(reason, reason.length);
  }

  #setUp(bytes: ByteConnection, caller: Caller): void {
    const budget = this.#parts.budgets.join(caller);
    this.#connections.add(new RpcConnection(bytes, caller, budget, this.#parts, (closed) => this.#forget(closed)));
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

  #reachedLimit(caller: Caller): ReachedLimit | undefined {
    const reached = this.#counts.reachedLimit(caller);
    if (reached === undefined) return undefined;
    return { ...LIMITS[reached], limit: this.#parts[reached], instead: 'Close connections that are no longer used' };
  }

  #forget(connection: RpcConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#parts.budgets.leave(connection.caller);
    this.#counts.remove(connection.caller);
  }
}
