/** The client's end of the broker's pipe, given out only when the pipe belongs to administrators, the system or this user. */
import { Socket } from 'node:net';
import { TbsError } from '../../domain/tbs-error.js';
import { isTrustedOwnerSid } from '../../domain/windows-access.js';
import type { WindowsAddon } from '../windows-addon.js';

const BUSY_ATTEMPTS = 50;
const BUSY_PAUSE_MS = 20;

export type PipeClientAddon = Pick<WindowsAddon, 'openPipe' | 'pipeOwner' | 'ownToken'>;

/**
 * Throws TBS_E_ACCESS_DENIED when somebody else serves the pipe, and the error of Windows (`code` ENOENT: nobody serves
 * it) otherwise. While all instances are taken it tries again for a second.
 */
export async function connectToPipe(name: string, addon: PipeClientAddon): Promise<Socket> {
  const fd = await openWhenFree(name, addon);
  const socket = new Socket({ fd, readable: true, writable: true });
  const distrust = whyNotTrusted(fd, addon);
  if (distrust === undefined) return socket;
  socket.destroy();
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: `The pipe ${name} is not to be trusted: ${distrust}.`,
    action: 'Do not use this pipe: who serves it could read what you send. Name another with --socket.',
    details: { pipe: name },
  });
}

async function openWhenFree(name: string, addon: PipeClientAddon): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return addon.openPipe(name);
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'EBUSY';
      if (!isBusy || attempt === BUSY_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}

/** Nobody but its owner and administrators can make instances of a pipe of the broker's, so its owner vouches for all. */
function whyNotTrusted(fd: number, addon: PipeClientAddon): string | undefined {
  const owner = addon.pipeOwner(fd);
  if (isTrustedOwnerSid(owner, addon.ownToken([]).userSid)) return undefined;
  return `it belongs to ${owner}, who is neither an administrator nor you`;
}
