/**
 * Listens for simulator clients on a Unix socket or a loopback port, and identifies each peer before it reads a byte.
 *
 * The kernel identifies the user of a Unix socket's connection immediately, so the connection counts for that user and is
 * set up in the user's turn. Over TCP, identification takes a search.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { Arrivals } from '../arrivals.js';
import { type ByteConnection, overNodeSocket } from '../byte-connection.js';
import { ConnectionCounts, type ConnectionLimits } from '../connection-counts.js';
import type { IncomingConnection } from '../incoming-connection.js';
import type { MessageRooms } from '../message-rooms.js';
import { type AcceptConnections, CALLER_SOCKET_MODE, listenOnUnixSocket, type UnixListener } from '../unix-listener.js';
import type { UserTurns } from '../user-turns.js';
import { RequestConnection, type RequestProtocol } from './request-connection.js';
import type { IdentifyPeer, PeerProcess, SimulatorPeer } from './simulator-peer.js';

export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface StreamListenerOptions {
  /** Identifies the client of a connection that Node.js has accepted: over TCP, or if `accept` is missing. */
  readonly identify: IdentifyPeer;
  /** Accepts connections of a Unix socket; default: Node.js' own server. */
  readonly accept?: AcceptConnections<IncomingConnection> | undefined;
  /** Returns the process of a caller on a Unix socket. */
  readonly processOf: (processId: number | undefined) => PeerProcess | undefined;
  readonly limits: ConnectionLimits;
  /** The turns in which the listener sets connections up and answers requests. */
  readonly turns: UserTurns;
  /** Memory for requests that wait. */
  readonly rooms: MessageRooms;
  /** A request must be complete within this time after its first byte. */
  readonly partialTimeoutMs: number;
  /** Reports a refused caller, or an error of accept, to the log. */
  readonly onRefused: (reason: unknown) => void;
}

/** Connections that are not identified yet belong to nobody's quota, so they need a limit of their own. */
const MAX_UNIDENTIFIED = 64;
const REFUSAL_PATIENCE_MS = 100;

export class StreamListener {
  readonly #connections = new Set<ByteConnection>();
  readonly #unidentified = new Set<Socket>();
  readonly #arrivals: Arrivals;
  readonly #counts: ConnectionCounts;
  #server: UnixListener | Server | undefined;
  #portOfServer: number | undefined;
  readonly #options: StreamListenerOptions;
  readonly #protocolFor: (peer: SimulatorPeer) => RequestProtocol;

  /** `protocolFor` is called for each connection that is served. */
  constructor(options: StreamListenerOptions, protocolFor: (peer: SimulatorPeer) => RequestProtocol) {
    this.#options = options;
    this.#protocolFor = protocolFor;
    this.#counts = new ConnectionCounts(options.limits);
    this.#arrivals = new Arrivals(options.turns, this.#counts);
  }

  /** Throws TBS_E_BAD_PARAMETER if the address is not loopback. Rejects if it cannot listen at the address or path. */
  async listen(address: ListenAddress): Promise<void> {
    if ('path' in address) {
      const { accept } = this.#options;
      this.#server = await listenOnUnixSocket(address.path, {
        mode: CALLER_SOCKET_MODE,
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
    for (const socket of this.#unidentified) socket.destroy();
    for (const connection of this.#connections) connection.close(false);
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

  #receive(connection: IncomingConnection): void {
    let caller: Caller;
    try {
      caller = connection.identify();
      this.#requireRoom(caller);
    } catch (error) {
      connection.refuse();
      this.#options.onRefused(error);
      return;
    }
    this.#arrivals.add({
      connection,
      caller,
      setUp: (bytes) => this.#serve(bytes, { caller, process: this.#options.processOf(caller.processId) }),
    });
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.pause();
    if (this.#unidentified.size >= MAX_UNIDENTIFIED) {
      this.#options.onRefused(
        noRoom(`Simulator endpoints have at most ${MAX_UNIDENTIFIED} connections that are not identified yet`),
      );
      socket.destroy();
      return;
    }
    this.#unidentified.add(socket);
    socket.once('close', () => this.#unidentified.delete(socket));
    this.#options
      .identify(socket)
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
    this.#requireRoom(peer.caller);
    this.#unidentified.delete(socket);
    this.#counts.add(peer.caller);
    this.#serve(overNodeSocket(socket), peer);
  }

  /** Serves a connection that counts already; it counts until it closes. */
  #serve(bytes: ByteConnection, peer: SimulatorPeer): void {
    const { turns, partialTimeoutMs, rooms } = this.#options;
    const { userKey } = peer.caller;
    const protocol = this.#protocolFor(peer);
    const closed = (): void => {
      this.#connections.delete(bytes);
      this.#counts.remove(peer.caller);
      protocol.closed();
    };
    this.#connections.add(bytes);
    new RequestConnection(bytes, { ...protocol, closed }, { partialTimeoutMs, turns, userKey, rooms });
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
