/**
 * Listens for simulator clients on a Unix socket or a loopback port, and identifies each peer before it reads a byte.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { TbsError } from '../../domain/tbs-error.js';
import type { ConnectionLimits } from '../connection-counts.js';
import { type AcceptConnections, listenOnUnixSocket, type UnixListener } from '../unix-listener.js';
import type { IdentifyPeer, SimulatorPeer } from './simulator-peer.js';

export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface StreamListenerOptions {
  readonly identify: IdentifyPeer;
  readonly limits: ConnectionLimits;
  /** Accepts connections of a Unix socket; default: Node.js' own server. */
  readonly accept?: AcceptConnections | undefined;
  readonly onConnection: (socket: Socket, peer: SimulatorPeer) => void;
  /** Reports a refused caller, or an error of accept, to the log. */
  readonly onRefused: (reason: unknown) => void;
}

/** Everybody may connect; what each caller may do is decided later. */
const SOCKET_MODE = 0o666;
/** Connections that are not identified yet belong to nobody's quota, so they need a limit of their own. */
const MAX_UNNAMED = 64;
const REFUSAL_PATIENCE_MS = 100;

export class StreamListener {
  readonly #sockets = new Set<Socket>();
  readonly #countByUser = new Map<string, number>();
  #unnamed = 0;
  #server: UnixListener | Server | undefined;
  #portOfServer: number | undefined;
  readonly #options: StreamListenerOptions;

  constructor(options: StreamListenerOptions) {
    this.#options = options;
  }

  /** Throws TBS_E_BAD_PARAMETER if the address is not loopback. Rejects with the system's error, or the path's. */
  async listen(address: ListenAddress): Promise<void> {
    if ('path' in address) {
      this.#server = await listenOnUnixSocket(address.path, {
        mode: SOCKET_MODE,
        accept: this.#options.accept,
        onConnection: (socket) => this.#accept(socket),
        onAcceptError: (error) => this.#options.onRefused(error),
      });
    } else {
      const server = await this.#listenOnLoopback(address.host, address.port);
      const bound = server.address();
      this.#portOfServer = typeof bound === 'object' && bound !== null ? bound.port : undefined;
      this.#server = server;
    }
  }

  /** The port chosen by the system if 0 was configured; undefined for a Unix socket. */
  get port(): number | undefined {
    return this.#portOfServer;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listenOnLoopback(host: string, port: number): Promise<Server> {
    if (!isLoopback(host)) {
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: `Simulator endpoints listen on loopback only, and ${host} is not: callers elsewhere cannot be identified.`,
        action: 'Use 127.0.0.1, ::1 or a Unix socket.',
        details: { host },
      });
    }
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.removeListener('error', reject);
        server.on('error', (error) => this.#options.onRefused(error));
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.pause();
    if (this.#unnamed >= MAX_UNNAMED || this.#sockets.size >= this.#options.limits.maxConnections) {
      this.#options.onRefused(
        new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS', {
          message: `Simulator endpoints have at most ${this.#options.limits.maxConnections} connections, ${MAX_UNNAMED} of them not yet identified; no setting raises that.`,
        }),
      );
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#unnamed++;
    this.#options
      .identify(socket)
      .finally(() => this.#unnamed--)
      .then((peer) => this.#admit(socket, peer))
      .catch((reason) => this.#refuse(socket, reason));
  }

  /** Closes the connection, and reports it unless the client had already left, as a port scanner does. */
  #refuse(socket: Socket, reason: unknown): void {
    const report = () => {
      socket.destroy();
      this.#options.onRefused(reason);
    };
    const timer = setTimeout(report, REFUSAL_PATIENCE_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.once('data', report);
    socket.once('end', () => socket.destroy());
    socket.resume();
  }

  #admit(socket: Socket, peer: SimulatorPeer): void {
    if (socket.destroyed) return;
    const { userKey } = peer.caller;
    const count = this.#countByUser.get(userKey) ?? 0;
    if (count >= this.#options.limits.maxConnectionsPerUser) {
      throw new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS', {
        message: `${userKey} has ${count} connections, which is the limit of one user at a simulator endpoint; no setting raises it.`,
        details: { userKey, limit: count },
      });
    }
    this.#countByUser.set(userKey, count + 1);
    socket.once('close', () => this.#forget(userKey));
    this.#options.onConnection(socket, peer);
  }

  #forget(userKey: string): void {
    const left = (this.#countByUser.get(userKey) ?? 1) - 1;
    if (left === 0) this.#countByUser.delete(userKey);
    else this.#countByUser.set(userKey, left);
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\.(\d{1,3}\.){2}\d{1,3}$/.test(host);
}
