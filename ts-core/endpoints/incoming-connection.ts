/**
 * A connection that has been accepted and from which nothing has been read: who is behind it is asked first, and then it is
 * taken over or refused.
 */
import type { Socket } from 'node:net';
import type { Caller } from '../domain/caller.js';
import { type ByteConnection, overNodeSocket } from './byte-connection.js';
import type { AcceptConnections } from './unix-listener.js';

export interface IncomingConnection {
  /** Throws when the operating system does not say who it is. */
  identify(): Caller;
  /** Whether the peer has closed it already. */
  peerIsGone(): boolean;
  /** Takes the connection over. Throws when it has closed. */
  open(): ByteConnection;
  /** Closes it; what the peer is to read before is sent as far as that is possible at once. */
  refuse(lastWords?: Uint8Array): void;
}

/** Where an endpoint's connections come from. */
export interface ConnectionSource {
  /** The caller behind a socket; throws when the operating system does not say who it is. */
  readonly identify: (socket: Socket) => Caller;
  /** How bytes of a socket are moved; Node.js' own way unless given. Takes the socket over. */
  readonly byteConnection?: ((socket: Socket) => ByteConnection) | undefined;
  /** How connections of a Unix socket are accepted; by Node.js' own server unless given. */
  readonly accept?: AcceptConnections<IncomingConnection> | undefined;
}

/** What a listener needs to bring the connections of a source to `onIncoming`. */
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

function overSocket(
  socket: Socket,
  { identify, byteConnection = overNodeSocket }: ConnectionSource,
): IncomingConnection {
  // 'close' follows every error; one that comes before the connection is taken over must not end the process.
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
