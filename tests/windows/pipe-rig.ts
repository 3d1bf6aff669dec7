/** A pipe for tests, served through the addon, and programs that connect to it as other users. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnPipe, type PipeListenOptions } from '../../ts-core/adapters/identity/pipe-listener.js';
import { windowsAddon } from '../../ts-core/adapters/windows-addon.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { systemPipeAccess } from '../../ts-core/domain/windows-access.js';

export const addon = windowsAddon();
export const ownSid = addon.ownToken([]).userSid;

let pipes = 0;

export function uniquePipeName(): string {
  pipes += 1;
  return `\\\\.\\pipe\\tpmtbs-test-${process.pid}-${Date.now()}-${pipes}`;
}

export interface Arrival {
  readonly socket: Socket;
  readonly caller: Caller;
  readonly firstBytes: Promise<string>;
}

export interface ServedPipe {
  readonly name: string;
  readonly refusals: Error[];
  /** Resolves with the next connection that the listener hands over. */
  next(): Promise<Arrival>;
  close(): void;
}

/** `onSocket` receives each connection before its data flows. */
export function servePipe(
  options: Partial<PipeListenOptions> = {},
  name = uniquePipeName(),
  onSocket: (socket: Socket) => void = () => {},
): ServedPipe {
  const refusals: Error[] = [];
  const arrived: Arrival[] = [];
  const waiting: ((arrival: Arrival) => void)[] = [];
  const server = listenOnPipe(
    name,
    {
      access: systemPipeAccess(ownSid, true),
      rules: { ownSid, userMode: false, administratorsGroupSid: undefined, sandboxGroupSid: undefined },
      silenceMs: 30_000,
      onConnection: (socket, caller) => {
        onSocket(socket);
        const firstBytes = once(socket.resume(), 'data').then(([bytes]) => String(bytes));
        const arrival = { socket, caller, firstBytes };
        const waiter = waiting.shift();
        if (waiter === undefined) arrived.push(arrival);
        else waiter(arrival);
      },
      onRefused: (error) => void refusals.push(error),
      ...options,
    },
    addon,
  );
  return {
    name,
    refusals,
    next: () => {
      const arrival = arrived.shift();
      return arrival === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(arrival);
    },
    close: () => server.close(),
  };
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs Node.js in a separate process, with or without an administrator's token. Its output goes through a file. */
export async function runNode(args: readonly string[], as: 'self' | 'standardUser' = 'self'): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'tpmtbs-'));
  const file = join(folder, 'output.txt');
  const descriptor = openSync(file, 'w');
  try {
    const launcher = process.env['TPMTBS_TEST_AS_STANDARD_USER'] ?? '';
    const [program, ...rest] = as === 'self' ? [process.execPath, ...args] : [launcher, process.execPath, ...args];
    const child = spawn(program as string, rest, { stdio: ['ignore', descriptor, descriptor] });
    const [code] = await once(child, 'exit');
    return { code, output: readFileSync(file, 'utf8') };
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
}
