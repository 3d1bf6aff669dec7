/** The descriptor behind a Node.js socket. */
import type { Socket } from 'node:net';

/** Node.js keeps it on the socket's handle, which it does not document; undefined once the socket has closed. */
export function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
