/** Runs a program to its end and returns its output. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { REPOSITORY } from './daemon.js';

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Called once the program has written a whole line to standard output; PowerShell writes text and newline apart. */
  onFirstLine?: (child: ChildProcessWithoutNullStreams) => void;
}

export function run(program: string, args: string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(program, args, {
    env: { ...process.env, NO_COLOR: undefined, TERM: 'xterm-256color', ...options.env },
    cwd: REPOSITORY,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const hadLine = stdout.includes('\n');
    stdout += chunk;
    if (!hadLine && stdout.includes('\n')) options.onFirstLine?.(child);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  // A program may end without reading all of its input.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
