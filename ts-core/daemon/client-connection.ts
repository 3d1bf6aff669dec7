/** What a client asks the operating system for to reach the broker itself, and not an impostor. */
import type { Socket } from 'node:net';
import { nativeAddon } from '../adapters/identity/native-addon.js';
import { connectToPipe } from '../adapters/identity/pipe-client.js';
import { descriptorOf } from '../adapters/identity/socket-descriptor.js';
import { windowsAddon } from '../adapters/windows-addon.js';

/**
 * Connects to the broker's named pipe on Windows. Throws TBS_E_ACCESS_DENIED if the pipe cannot be trusted, or the
 * error of Windows (`code` ENOENT: no broker).
 */
export function connectToBrokerPipe(name: string): Promise<Socket> {
  return connectToPipe(name, windowsAddon());
}

/**
 * Returns the user who listens at the other end of a connected Unix socket: the id that the kernel recorded at listen(2)
 * (unix(7), SO_PEERCRED); undefined once the socket has closed.
 */
export function listenerUserOf(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  return fd === undefined ? undefined : nativeAddon().peerCredentials(fd).uid;
}
