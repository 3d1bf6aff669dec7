/** A client's connection to the broker's named pipe on Windows. */
import type { Socket } from 'node:net';
import { connectToPipe } from '../adapters/identity/pipe-client.js';
import { windowsAddon } from '../adapters/windows-addon.js';

/** Throws TBS_E_ACCESS_DENIED if the pipe cannot be trusted, or the error of Windows (`code` ENOENT: no broker). */
export function connectToBrokerPipe(name: string): Promise<Socket> {
  return connectToPipe(name, windowsAddon());
}
