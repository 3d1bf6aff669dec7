/** Who listens at the other end of a connected Unix socket, for clients that must not speak to a stand-in. */
import type { Socket } from 'node:net';
import { nativeAddon } from '../adapters/identity/native-addon.js';
import { descriptorOf } from '../adapters/identity/socket-descriptor.js';

/** The user id that the kernel recorded at listen(2) (unix(7), SO_PEERCRED); undefined once the socket has closed. */
export function listenerUserOf(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  return fd === undefined ? undefined : nativeAddon().peerCredentials(fd).uid;
}
