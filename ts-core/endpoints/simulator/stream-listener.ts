/**
 * Listens for simulator clients on a Unix socket or a loopback port, and identifies each peer before it reads a byte.
 *
 * Whose connection of a Unix socket it is, the kernel says at once, so that it counts for its user and is set up in his
 * turn. Over TCP that takes a search.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { Arrivals } from '../arrivals.js';
import { ConnectionCounts, type ConnectionLimits } from '../connection-counts.js';
import type { FairTurns } from '../fair-turns.js';
import type { IncomingConnection } from '../incoming-connection.js';
import { type AcceptConnections, listenOnUnixSocket, type UnixListener } from '../unix-listener.js';
import type { IdentifyPeer, SimulatorPeer } from './simulator-peer.js';

export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface StreamListenerOptions {
  readonly identify: IdentifyPeer;
  readonly limits: ConnectionLimits;
  /** Accepts connections of a Unix socket; default: Node.js' own server. */
  readonly accept?: AcceptConnections<IncomingConnection<Socket>> | undefined;
  readonly turns: FairTurns;
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
  readonly #arrivals: Arrivals<Socket>;
  readonly #counts: ConnectionCounts;
  #unnamed = 0;
  #server: UnixListener | Server | undefined;
  #portOfServer: number | undefined;
  readonly #options: StreamListenerOptions;

  constructor(options: StreamListenerOptions) {
    this.#options = options;
    this.#arrivals = new Arrivals(options.turns);
    this.#counts = new ConnectionCounts(options.limits);
  }

  /** Throws TBS_E_BAD_PARAMETER if the address is not loopback. Rejects with the system's error, or the path's. */
  async listen(address: ListenAddress): Promise<void> {
    if ('path' in address) {
      const { accept } = this.#options;
      this.#server = await listenOnUnixSocket(address.path, {
        mode: SOCKET_MODE,
        accept:
          accept && ((where, options) => accept(where, { ...options, onConnection: (each) => this.#receive(each) })),
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
    this.#arrivals.close();
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

  #receive(connection: IncomingConnection<Socket>): void {
    let caller: Caller;
    try {
      caller = connection.identify();
      this.#requireRoom(caller);
    } catch (error) {
      connection.refuse();
      this.#options.onRefused(error);
      return;
    }
    this.#counts.add(caller);
    this.#arrivals.add({
      connection,
      userKey: caller.userKey,
      setUp: (socket) => {
        this.#hold(socket);
        socket.once('close', () => this.#counts.remove(caller));
        this.#identify(socket, (peer) => this.#options.onConnection(socket, peer));
      },
      onGone: () => this.#counts.remove(caller),
    });
  }

  #accept(socket: Socket): void {
    if (this.#unnamed >= MAX_UNNAMED) {
      socket.on('error', () => {});
      this.#options.onRefused(
        noRoom(`Simulator endpoints have at most ${MAX_UNNAMED} connections that are not identified yet`),
      );
      socket.destroy();
      return;
    }
    this.#hold(socket);
    this.#unnamed++;
    const named = (): void => void this.#unnamed--;
    this.#identify(socket, (peer) => this.#admit(socket, peer), named);
  }

  #hold(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.pause();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #identify(socket: Socket, use: (peer: SimulatorPeer) => void, done = () => {}): void {
    this.#options
      .identify(socket)
      .finally(done)
      .then((peer) => {
        if (!socket.destroyed) use(peer);
      })
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
    const { caller } = peer;
    this.#requireRoom(caller);
    this.#counts.add(caller);
    socket.once('close', () => this.#counts.remove(caller));
    this.#options.onConnection(socket, peer);
  }

  #requireRoom(caller: Caller): void {
    const reached = this.#counts.reachedLimit(caller);
    if (reached === undefined) return;
    const limit = this.#options.limits[reached];
    if (reached === 'maxConnections') throw noRoom(`Simulator endpoints have at most ${limit} connections`);
    throw noRoom(`${caller.userKey} has ${limit} connections, which is the limit of one user at a simulator endpoint`);
  }
}

function noRoom(reached: string): TbsError {
  return new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS', { message: `${reached}; no setting raises that.` });
}

function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\.(\d{1,3}\.){2}\d{1,3}$/.test(host);
}
