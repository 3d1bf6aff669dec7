/** The addon's byte streams over connections that Node.js accepted or made. */
import { Socket } from 'node:net';
import type { ByteStreamOpener, EventLoop } from '../../application/ports.js';
import { nativeAddon, type StreamPoller } from './native-addon.js';
import { descriptorOf } from './socket-descriptor.js';

/** One for the whole process, as the event loop is. */
let poller: StreamPoller | undefined;

/** Throws when the connection has closed already. */
export const openNativeByteStream: ByteStreamOpener = (socket, buffer, onReadable, onWritable) => {
  if (!(socket instanceof Socket)) throw new TypeError('a byte stream is opened over a socket of node:net');
  const fd = descriptorOf(socket);
  if (fd === undefined) throw new Error('the connection closed before it was taken over');
  const addon = nativeAddon();
  poller ??= new addon.StreamPoller();
  const stream = new addon.ByteStream(poller, fd, buffer, onReadable, onWritable);
  // The stream has a descriptor of its own, so that this closes only Node.js' side of it.
  socket.destroy();
  return stream;
};

/** The event loop on which the byte streams are. */
export const nativeEventLoop: EventLoop = {
  takeRequests: () => poller?.poll(),
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};
