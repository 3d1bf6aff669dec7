/** The service of event actions against a real broker, with scripts in a folder that only this user can change. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EDGE_FOLDER_VARIABLE } from '../../ts-core/actions/engines/edge-engine.js';
import { ENGINE_NAMES, type EngineName } from '../../ts-core/actions/engines/engine.js';
import { REPOSITORY } from '../support/daemon.js';
import { findPowerShell } from '../support/powershell.js';
import { NODE, TBS_ACTIONS } from '../support/programs.js';

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

/** Edge-js is an addon for one version of Node.js: the one that runs the tests, and not the bundle's. */
export const TESTED_ENGINES = ENGINE_NAMES.filter((engine) => engine !== 'edge-js' || NODE === process.execPath);

/** What a worker needs in its environment; undefined where the engine is not built (node packaging/edge/build.mjs). */
export async function environmentOf(engine: EngineName): Promise<NodeJS.ProcessEnv | undefined> {
  if (engine === 'edge-js') {
    const build = await import(pathToFileURL(join(REPOSITORY, 'packaging', 'edge', 'build.mjs')).href);
    const folder: string = (build as { edgeFolder(): string }).edgeFolder();
    return existsSync(folder) ? { [EDGE_FOLDER_VARIABLE]: folder } : undefined;
  }
  const { folder } = await findPowerShell();
  return { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
}

export interface ServiceOptions {
  readonly engine: EngineName;
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
}

export class ActionService implements AsyncDisposable {
  errorOutput = '';
  readonly #child: ChildProcess;

  constructor({ engine, socket, env }: ServiceOptions) {
    this.#child = spawn(NODE, [TBS_ACTIONS, '--engine', engine, '--socket', socket, '--own-scripts'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child.stderr?.on('data', (data: Buffer) => {
      this.errorOutput += data.toString();
    });
  }

  /** Resolves once the service follows the broker's events; events that are raised before start nothing. */
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
