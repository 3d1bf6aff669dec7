/** Connects to the broker's pipe, but only if Administrators, SYSTEM or the current user own it. */
import { Socket } from 'node:net';
import { TbsError } from '../../domain/tbs-error.js';
import { isTrustedOwnerSid } from '../../domain/windows-access.js';
import type { WindowsAddon } from '../windows-addon.js';

const BUSY_ATTEMPTS = 50;
const BUSY_PAUSE_MS = 20;

export type PipeClientAddon = Pick<WindowsAddon, 'openPipe' | 'pipeOwner' | 'ownToken'>;

/**
 * Connects to the pipe, and retries for a second while all its instances are busy. Throws TBS_E_ACCESS_DENIED when an
 * untrusted user owns the pipe, otherwise the Windows error (`code` ENOENT: nobody serves the pipe).
 */
export async function connectToPipe(name: string, addon: PipeClientAddon): Promise<Socket> {
  const fd = await openWhenFree(name, addon);
  const socket = new Socket({ fd, readable: true, writable: true });
  const distrust = whyNotTrusted(fd, addon);
  if (distrust === undefined) return socket;
  socket.destroy();
  throw new TbsError('TBS_E_ACCESS_DENIED', {
    message: `The pipe ${name} cannot be trusted: ${distrust}.`,
    action: 'Do not use this pipe: whoever serves it could read what you send. Name another with --socket.',
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

/** Checks the pipe's owner, which is enough: only it and administrators can create instances of the broker's pipe. */
function whyNotTrusted(fd: number, addon: PipeClientAddon): string | undefined {
  const owner = addon.pipeOwner(fd);
  if (isTrustedOwnerSid(owner, addon.ownToken([]).userSid)) return undefined;
  return `it belongs to ${owner}, who is neither an administrator nor you`;
}
