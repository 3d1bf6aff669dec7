/** The service of event actions against a real broker, with scripts in a folder that only this user can change. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';
import { NODE } from '../support/programs.js';

export class ActionScripts implements Disposable {
  readonly folder = mkdtempSync(join(homedir(), '.tbs-actions-'));

  write(name: string, text: string): string {
    mkdirSync(this.folder, { recursive: true });
    const path = join(this.folder, `${name}.ps1`);
    writeFileSync(path, text, { mode: 0o644 });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ServiceOptions {
  readonly engine: 'node-powershell' | 'edge-js';
  readonly socket: string;
  /** The folder of pwsh. */
  readonly pwshFolder: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class ActionService implements AsyncDisposable {
  errorOutput = '';
  readonly #child: ChildProcess;

  constructor({ engine, socket, pwshFolder, env }: ServiceOptions) {
    const program = join(REPOSITORY, 'bin', 'tbs-actions.js');
    this.#child = spawn(NODE, [program, '--engine', engine, '--socket', socket, '--own-scripts'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${pwshFolder}${delimiter}${process.env['PATH'] ?? ''}`, ...env },
    });
    this.#child.stderr?.on('data', (data: Buffer) => {
      this.errorOutput += data.toString();
    });
  }

  /** Resolves once the service follows the broker's events; what is raised before starts nothing. */
  async following(): Promise<void> {
    while (!this.errorOutput.includes('following the events')) {
      await new Promise((resolve) => this.#child.stderr?.once('data', resolve));
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
