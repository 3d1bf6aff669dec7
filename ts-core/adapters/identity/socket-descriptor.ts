/** Finds the file descriptor of a Node.js socket. */
import type { Socket } from 'node:net';

/**
 * Reads the descriptor from the socket's handle, which Node.js does not document. Returns undefined once the
 * socket has closed.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
