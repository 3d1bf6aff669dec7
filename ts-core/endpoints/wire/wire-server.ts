/**
 * The wire endpoint for native clients (libtbs, the TCTI), on a separate Unix socket. See docs/wire-protocol.md.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { Arrivals } from '../arrivals.js';
import type { ByteConnection } from '../byte-connection.js';
import { ConnectionCounts, type ConnectionLimits } from '../connection-counts.js';
import { type ConnectionSource, type IncomingConnection, listenFor } from '../incoming-connection.js';
import type { MessageRooms } from '../message-rooms.js';
import { CALLER_SOCKET_MODE, listenOnUnixSocket, type OpenedSocket, type UnixListener } from '../unix-listener.js';
import type { UserByteBudgets } from '../user-byte-budgets.js';
import type { UserTurns } from '../user-turns.js';
import { refusalFrame } from './wire-results.js';
import type { WireServices } from './wire-services.js';
import { WireSession } from './wire-session.js';

export interface WireServerOptions extends ConnectionSource, Partial<ConnectionLimits> {
  readonly socketPath: string;
  readonly opened?: OpenedSocket | undefined;
  readonly opener: ConnectionOpener;
  readonly services: WireServices;
  readonly turns: UserTurns;
  readonly budgets: UserByteBudgets;
  readonly rooms: MessageRooms;
  /** HELLO, and every frame that has begun, must be complete within this time. */
  readonly frameTimeoutMs?: number;
  /** Reports a refused caller or an accept error, for the log. */
  readonly onRefused?: (error: unknown) => void;
}

export interface WireServer {
  connectionCount(): number;
  /** Stops listening and closes every connection; resolves when the path is free. */
  close(): Promise<void>;
}

const DEFAULT_FRAME_TIMEOUT_MS = 10_000;
const DEFAULT_LIMITS: ConnectionLimits = { maxConnections: 6000, maxConnectionsPerUser: 1500 };

export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const sessions = new WireSessions(options);
  const server = await listenOnUnixSocket(options.socketPath, {
    mode: CALLER_SOCKET_MODE,
    opened: options.opened,
    ...listenFor(options, (connection) => sessions.accept(connection)),
    onAcceptError: (error) => options.onRefused?.(error),
  });
  return {
    connectionCount: () => sessions.count(),
    close: () => {
      sessions.closeAll();
      return closeServer(server);
    },
  };
}

class WireSessions {
  readonly #options: WireServerOptions;
  readonly #sessions = new Set<WireSession>();
  readonly #arrivals: Arrivals;
  readonly #counts: ConnectionCounts;
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: WireServerOptions) {
    this.#options = options;
    this.#counts = new ConnectionCounts({ ...DEFAULT_LIMITS, ...options });
    this.#arrivals = new Arrivals(options.turns, this.#counts);
    const limitMs = options.frameTimeoutMs ?? DEFAULT_FRAME_TIMEOUT_MS;
    // One timer for all connections, because one for each would have to be reset for each frame.
    this.#sweeper = setInterval(() => this.#checkPeers(), Math.max(10, limitMs / 8));
    this.#sweeper.unref();
  }

  count(): number {
    return this.#sessions.size;
  }

  accept(connection: IncomingConnection): void {
    let caller: Caller;
    try {
      caller = connection.identify();
    } catch (error) {
      this.#options.onRefused?.(error);
      connection.refuse(refusalFrame(error instanceof TbsError ? error.symbol : 'TBS_E_INTERNAL_ERROR'));
      return;
    }
    if (this.#counts.reachedLimit(caller) !== undefined) {
      connection.refuse(refusalFrame('TBS_E_TOO_MANY_TBS_CONTEXTS'));
      return;
    }
    this.#arrivals.add({
      connection,
      caller,
      setUp: (bytes) => this.#setUp(bytes, caller),
    });
  }

  #setUp(bytes: ByteConnection, caller: Caller): void {
    const { turns, budgets, rooms, opener, services, frameTimeoutMs = DEFAULT_FRAME_TIMEOUT_MS } = this.#options;
    const shared = { turns, budget: budgets.join(caller), rooms, slowPeerTimeoutMs: frameTimeoutMs };
    this.#sessions.add(
      new WireSession(bytes, opener.connect(caller), services, shared, (closed) => this.#forget(closed)),
    );
  }

  closeAll(): void {
    clearInterval(this.#sweeper);
    this.#arrivals.close();
    for (const session of this.#sessions) session.close();
  }

  #forget(session: WireSession): void {
    if (!this.#sessions.delete(session)) return;
    this.#options.budgets.leave(session.caller);
    this.#counts.remove(session.caller);
  }

  #checkPeers(): void {
    const nowMs = performance.now();
    for (const session of this.#sessions) session.checkPeer(nowMs);
  }
}

function closeServer(server: UnixListener): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
  });
}
