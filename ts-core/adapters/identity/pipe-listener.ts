/**
 * Listens on a Windows named pipe. It delivers a connection once the first bytes have arrived and the caller is known:
 * Windows identifies the client's user only after the server has read from the pipe.
 */
import { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { WindowsAddon } from '../windows-addon.js';
import { callerOfPipe, connectingUserOf, type PipePeerRules } from './pipe-peer.js';

export type PipeAddon = Pick<WindowsAddon, 'PipeListener' | 'openPipe' | 'pipeClientProcess' | 'pipeClientUser'>;

export interface PipeListenOptions {
  /** Who may connect: a security descriptor in SDDL. */
  readonly access: string;
  readonly rules: PipePeerRules;
  /** How long a client may stay connected without sending anything. */
  readonly silenceMs: number;
  /** Receives the connection paused, with its first bytes still unread. */
  readonly onConnection: (socket: Socket, caller: Caller) => void;
  /**
   * Reports a refused client: it could not be identified, too many silent ones are open, or Windows failed to accept
   * it.
   */
  readonly onRefused: (error: Error) => void;
}

export interface PipeServer {
  close(): void;
}

/**
 * Limits of silent connections, in total and per user, so that one user's silent connections do not lock others out.
 */
const MAX_SILENT = 512;
const MAX_SILENT_PER_USER = 64;

/** Another process serves this pipe. */
export class PipeInUseError extends Error {
  override readonly name = 'PipeInUseError';
}

/** Creates the pipe and listens on it. Throws PipeInUseError, or the Windows error. */
export function listenOnPipe(name: string, options: PipeListenOptions, addon: PipeAddon): PipeServer {
  if (isServed(name, addon)) throw new PipeInUseError(`another process serves the pipe ${name}`);
  const waiting = new SilentConnections(options, addon);
  try {
    const listener = new addon.PipeListener(name, options.access, (fd, error) => {
      if (fd === undefined) options.onRefused(error ?? new Error('cannot accept a connection'));
      else waiting.add(fd);
    });
    return {
      close: () => {
        listener.close();
        waiting.close();
      },
    };
  } catch (cause) {
    // FILE_FLAG_FIRST_PIPE_INSTANCE: Windows reports "access denied" when the name is taken.
    if (!['EACCES', 'EPERM', 'EBUSY'].includes(codeOf(cause))) throw cause;
    throw new PipeInUseError(`cannot create the pipe ${name}: another process serves it`, { cause });
  }
}

/** Checked first as well, because not every system that runs Windows programs refuses a second first instance. */
function isServed(name: string, addon: PipeAddon): boolean {
  try {
    new Socket({ fd: addon.openPipe(name), readable: true, writable: true }).destroy();
    return true;
  } catch (error) {
    return codeOf(error) !== 'ENOENT';
  }
}

/** Accepted connections that have not sent anything yet. */
class SilentConnections {
  readonly #sockets = new Map<Socket, { readonly userSid: string; readonly timer: NodeJS.Timeout }>();
  readonly #options: PipeListenOptions;
  readonly #addon: PipeAddon;

  constructor(options: PipeListenOptions, addon: PipeAddon) {
    this.#options = options;
    this.#addon = addon;
  }

  add(fd: number): void {
    const socket = new Socket({ fd, readable: true, writable: true });
    socket.on('error', () => {});
    try {
      const userSid = connectingUserOf(fd, this.#addon);
      this.#requireRoom(userSid);
      const timer = setTimeout(() => this.#giveUp(socket), this.#options.silenceMs);
      this.#sockets.set(socket, { userSid, timer });
    } catch (error) {
      this.#refuse(socket, error);
      return;
    }
    socket.once('close', () => this.#forget(socket));
    socket.once('data', (bytes: Buffer) => this.#spoke(socket, fd, bytes));
  }

  close(): void {
    for (const socket of [...this.#sockets.keys()]) socket.destroy();
  }

  #spoke(socket: Socket, fd: number, bytes: Buffer): void {
    this.#forget(socket);
    let caller: Caller;
    try {
      caller = callerOfPipe(fd, this.#options.rules, this.#addon);
    } catch (error) {
      this.#refuse(socket, error);
      return;
    }
    // The new owner must read from the first byte on.
    socket.pause();
    socket.unshift(bytes);
    this.#options.onConnection(socket, caller);
  }

  #requireRoom(userSid: string): void {
    const ofUser = [...this.#sockets.values()].filter((each) => each.userSid === userSid).length;
    if (this.#sockets.size < MAX_SILENT && ofUser < MAX_SILENT_PER_USER) return;
    throw new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS', {
      message: `${ofUser} open connections of ${userSid} have not sent anything.`,
      action: 'Close unused connections.',
    });
  }

  #giveUp(socket: Socket): void {
    this.#options.onRefused(new Error(`a connection sent nothing for ${this.#options.silenceMs} ms`));
    socket.destroy();
  }

  #refuse(socket: Socket, error: unknown): void {
    this.#options.onRefused(error instanceof Error ? error : new Error(String(error)));
    socket.destroy();
  }

  #forget(socket: Socket): void {
    clearTimeout(this.#sockets.get(socket)?.timer);
    this.#sockets.delete(socket);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
