/** Starts the worker in a process group of its own, and ends the whole group. */
import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { Duplex } from 'node:stream';
import type { EngineName } from './engines/engine.js';
import type { Worker, WorkerEvents } from './supervisor.js';
import { messageLine, PROTOCOL_DESCRIPTOR, type RunMessage, readMessages, workerMessage } from './worker-messages.js';

/**
 * Bound on the memory that .NET gives to scripts, in bytes: a script that exceeds it fails with an out-of-memory error.
 * The unit's MemoryMax bounds memory outside .NET.
 */
const DOTNET_HEAP_BYTES = 268_435_456;

/** How many characters of each worker's own messages are logged. */
const MAX_LOGGED = 4096;

export interface WorkerOptions {
  readonly engine: EngineName;
  /** The program that runs the worker: `--worker ENGINE` follows. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (text: string) => void;
}

export function startWorker({ engine, program, env, log }: WorkerOptions, events: WorkerEvents): Worker {
  const child = spawn(process.execPath, [program, '--worker', engine], {
    // What scripts write to the console is discarded.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      ...env,
      DOTNET_GCHeapHardLimit: DOTNET_HEAP_BYTES.toString(16),
      POWERSHELL_TELEMETRY_OPTOUT: '1',
      POWERSHELL_UPDATECHECK: 'Off',
    },
  });
  const channel = child.stdio[PROTOCOL_DESCRIPTOR];
  if (!(channel instanceof Duplex)) throw new Error('the worker has no channel');
  // The end of the process is what counts.
  channel.on('error', () => undefined);
  readMessages(channel, workerMessage, (message) => {
    if (message.type === 'ready') events.ready();
    else events.ended(message);
  });
  logBeginning(child, log);
  let isOver = false;
  const over = (how: string): void => {
    if (isOver) return;
    isOver = true;
    // Whatever the worker started ends with it.
    killGroup(child);
    events.exited(how);
  };
  child.once('error', (error) => over(error.message));
  child.once('exit', (code, signal) => over(signal ?? `exit code ${code}`));
  return {
    run: (message: RunMessage) => void channel.write(messageLine(message)),
    kill: () => killGroup(child),
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}

function logBeginning(child: ChildProcess, log: (text: string) => void): void {
  let left = MAX_LOGGED;
  child.stderr?.on('data', (data: Buffer) => {
    const text = data.toString().slice(0, left);
    left -= text.length;
    if (text !== '') log(text.trimEnd());
  });
}
