/**
 * A connection that has been accepted and from which nothing has been read yet. Its caller is identified first; then
 * the connection is taken over or refused.
 */
import type { Socket } from 'node:net';
import type { Caller } from '../domain/caller.js';
import { type ByteConnection, overNodeSocket } from './byte-connection.js';
import type { AcceptConnections } from './unix-listener.js';

export interface IncomingConnection {
  /** Returns the caller. Throws when the operating system does not identify it. */
  identify(): Caller;
  /** Returns whether the peer has already closed the connection. */
  peerIsGone(): boolean;
  /** Takes over the connection. Throws when it has closed. */
  open(): ByteConnection;
  /** Closes the connection, after sending as much of `lastWords` as can be sent immediately. */
  refuse(lastWords?: Uint8Array): void;
}

/** Where an endpoint's connections come from. */
export interface ConnectionSource {
  /** Returns the caller of a socket. Throws when the operating system does not identify it. */
  readonly identify: (socket: Socket) => Caller;
  /** Takes over a socket and transfers its bytes. Default: through Node.js. */
  readonly byteConnection?: ((socket: Socket) => ByteConnection) | undefined;
  /** Accepts the connections of a Unix socket. Default: Node.js' own server. */
  readonly accept?: AcceptConnections<IncomingConnection> | undefined;
}

/** Returns the options with which a listener delivers a source's connections to `onIncoming`. */
export function listenFor(
  source: ConnectionSource,
  onIncoming: (connection: IncomingConnection) => void,
): { readonly onConnection: (socket: Socket) => void; readonly accept: AcceptConnections | undefined } {
  const { accept } = source;
  return {
    onConnection: (socket) => onIncoming(overSocket(socket, source)),
    accept: accept && ((where, options) => accept(where, { ...options, onConnection: onIncoming })),
  };
}

/** Takes over a connection. Returns undefined when its peer has closed it, so that there is nobody to notify. */
export function openUnlessGone(connection: IncomingConnection): ByteConnection | undefined {
  if (connection.peerIsGone()) return undefined;
  try {
    return connection.open();
  } catch {
    return undefined;
  }
}

function overSocket(
  socket: Socket,
  { identify, byteConnection = overNodeSocket }: ConnectionSource,
): IncomingConnection {
  // 'close' follows every error. An error before the connection is taken over must not end the process.
  socket.on('error', () => {});
  return {
    identify: () => identify(socket),
    peerIsGone: () => socket.destroyed,
    open: () => byteConnection(socket),
    refuse(lastWords) {
      if (lastWords === undefined) socket.destroy();
      else socket.end(lastWords, () => socket.destroy());
    },
  };
}
