/** A program on a terminal of a given size: a separate tmux server, with its socket in the test's folder. */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LONGEST_WAIT_MS = 60_000;

export interface TerminalOptions {
  readonly folder: string;
  readonly columns: number;
  readonly rows: number;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0;
}

export class Terminal implements AsyncDisposable {
  readonly #tmux: readonly string[];

  private constructor(folder: string) {
    this.#tmux = ['-S', join(folder, `tmux-${process.pid}-${Terminal.#started++}.sock`), '-f', '/dev/null'];
  }

  static #started = 0;

  static async start({ folder, columns, rows, command, env = {} }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal(folder);
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    // ink draws only the last frame if CI is set. The status line of tmux would take a row.
    const settings = Object.entries({ TERM: 'screen-256color', ...env }).map(([name, value]) => `${name}=${value}`);
    const shell = ['env', '-u', 'CI', '-u', 'CONTINUOUS_INTEGRATION', '-u', 'BUILD_NUMBER', ...settings, ...command];
    const hold = `${shell.map(quoted).join(' ')}; echo "ended with $?"; sleep 600`;
    await terminal.#call(['new-session', '-d', ...size, hold, ';', 'set', '-g', 'status', 'off']);
    return terminal;
  }

  /** Types keys by tmux's names (`Tab`, `Down`, `Enter`), or text. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#call(['send-keys', ...keys]);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#call(['resize-window', '-x', `${columns}`, '-y', `${rows}`]);
  }

  async lines(): Promise<readonly string[]> {
    return (await this.#call(['capture-pane', '-p'])).replace(/\n$/, '').split('\n');
  }

  /** The screen with its colours as escape sequences. */
  escapes(): Promise<string> {
    return this.#call(['capture-pane', '-p', '-e']);
  }

  /** Returns the screen once it contains the pattern. */
  async shows(pattern: RegExp): Promise<readonly string[]> {
    for (const deadline = Date.now() + LONGEST_WAIT_MS; ; await wait(100)) {
      const lines = await this.lines();
      if (pattern.test(lines.join('\n'))) return lines;
      if (Date.now() > deadline) throw new Error(`the terminal does not show ${pattern}:\n${lines.join('\n')}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call(['kill-server']).catch(() => undefined);
  }

  async #call(args: readonly string[]): Promise<string> {
    return (await run('tmux', [...this.#tmux, ...args])).stdout;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
