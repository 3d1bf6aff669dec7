/** Identifies who listens at the other end of a connected Unix socket, so that clients do not talk to an impostor. */
import type { Socket } from 'node:net';
import { nativeAddon } from '../adapters/identity/native-addon.js';
import { descriptorOf } from '../adapters/identity/socket-descriptor.js';

/**
 * Returns the user id that the kernel recorded at listen(2) (unix(7), SO_PEERCRED); undefined once the socket has
 * closed.
 */
export function listenerUserOf(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  return fd === undefined ? undefined : nativeAddon().peerCredentials(fd).uid;
}
