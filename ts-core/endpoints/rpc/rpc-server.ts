/** The JSON-RPC 2.0 endpoint: a socket, and a connection for everyone whom the operating system vouches for. */
import type { Server, Socket } from 'node:net';
import type { ConnectionOpener } from '../../application/caller-connection.js';
import type { Log } from '../../application/ports.js';
import type { Caller } from '../../domain/caller.js';
import { listenOnUnixSocket } from '../unix-listener.js';
import type { RpcHandler } from './handler.js';
import { RpcConnection, type RpcLimits } from './rpc-connection.js';

export interface RpcServerParts {
  readonly opener: ConnectionOpener;
  readonly handlers: readonly RpcHandler[];
  readonly limits: RpcLimits;
  /** The caller behind a connection; throws when the operating system does not say who it is. */
  readonly identify: (socket: Socket) => Caller;
  readonly log: Log;
}

export class RpcServer {
  private readonly connections = new Set<RpcConnection>();
  private server: Server | undefined;

  constructor(private readonly parts: RpcServerParts) {}

  /** Resolves when clients can connect. Rejects with a UnixListenError for a path that is too long or in use. */
  async listen(socketPath: string, inheritedFd?: number): Promise<void> {
    this.server = await listenOnUnixSocket(socketPath, {
      mode: 0o666,
      inheritedFd,
      onConnection: (socket) => this.accept(socket),
      onAcceptError: (error) => this.parts.log.error({ error }, 'a connection could not be accepted'),
    });
  }

  /** Takes no new connections; those that are open go on. */
  stopListening(): void {
    this.server?.close();
  }

  /** Ends every connection after its replies are written. */
  close(): void {
    this.stopListening();
    for (const connection of this.connections) connection.end();
    this.connections.clear();
  }

  private accept(socket: Socket): void {
    const { opener, handlers, limits, identify, log } = this.parts;
    socket.on('error', (error) => log.debug({ error }, 'a connection broke'));
    let caller: Caller;
    try {
      caller = identify(socket);
    } catch (error) {
      log.warn({ error }, 'a connection was refused: its user is not known');
      socket.destroy();
      return;
    }
    const connection = new RpcConnection(socket, caller, opener, handlers, limits, log);
    this.connections.add(connection);
    socket.once('close', () => this.connections.delete(connection));
  }
}
