import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The checkout's root: this file runs as build/tests/tools/powershell-process.js. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

export interface PowerShellProgram {
  path: string;
  args: string[];
  kind: 'pwsh' | 'host';
  folder: string;
}

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The host of tools/powershell-host, built on first use, even where pwsh is installed. */
export async function powerShellHost(): Promise<PowerShellProgram> {
  const tool = (await import(new URL('../../../tools/pwsh.mjs', import.meta.url).href)) as {
    findPowerShell(options: { hostOnly?: boolean }): Promise<PowerShellProgram>;
  };
  return tool.findPowerShell({ hostOnly: true });
}

export interface RunOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Called once the program has written to standard output. */
  onFirstOutput?: (child: ChildProcessWithoutNullStreams) => void;
}

export function run(program: string, args: string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(program, args, {
    env: { ...process.env, NO_COLOR: undefined, TERM: 'xterm-256color', ...options.env },
    cwd: repositoryRoot,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (stdout === '') options.onFirstOutput?.(child);
    stdout += chunk;
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
