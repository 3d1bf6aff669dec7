/** Opens the addon's byte streams over connections that Node.js accepted or opened, or that the addon accepted. */
import { Socket } from 'node:net';
import type { ByteStreamOpener, EventLoop } from '../../application/ports/event-loop.js';
import { AcceptedConnection } from './accepted-connection.js';
import { nativeAddon, type StreamPoller } from './native-addon.js';
import { descriptorOf } from './socket-descriptor.js';

/** One per process, like the event loop. */
let poller: StreamPoller | undefined;

/** Opens a byte stream over the connection. Throws when the connection has already closed. */
export const openNativeByteStream: ByteStreamOpener = (connection, buffer, onReadable, onWritable) => {
  const isAccepted = connection instanceof AcceptedConnection;
  if (!isAccepted && !(connection instanceof Socket)) throw new TypeError('a byte stream needs a connection');
  const fd = isAccepted ? connection.take() : descriptorOf(connection);
  if (fd === undefined) throw new Error('the connection closed before it was taken over');
  const addon = nativeAddon();
  poller ??= new addon.StreamPoller();
  const stream = new addon.ByteStream(poller, fd, buffer, onReadable, onWritable, isAccepted);
  // The stream has duplicated the descriptor, so this closes only Node.js' copy.
  if (!isAccepted) connection.destroy();
  return stream;
};

/** The event loop that serves the byte streams. */
export const nativeEventLoop: EventLoop = {
  takeRequests: () => poller?.poll(),
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};
