/** The addon's byte streams over connections that Node.js accepted or made. */
import { Socket } from 'node:net';
import type { ByteStreamOpener } from '../../application/ports.js';
import { nativeAddon } from './native-addon.js';
import { descriptorOf } from './socket-descriptor.js';

/** Throws when the connection has closed already. */
export const openNativeByteStream: ByteStreamOpener = (socket, buffer, onReadable, onWritable) => {
  if (!(socket instanceof Socket)) throw new TypeError('a byte stream is opened over a socket of node:net');
  const fd = descriptorOf(socket);
  if (fd === undefined) throw new Error('the connection closed before it was taken over');
  const stream = new (nativeAddon().ByteStream)(fd, buffer, onReadable, onWritable);
  // The stream has a descriptor of its own, so that this closes only Node.js' side of it.
  socket.destroy();
  return stream;
};
