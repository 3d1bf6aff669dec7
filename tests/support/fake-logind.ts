/** A private system bus with a logind that sleeps and wakes when the test requests it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { REPOSITORY } from './daemon.js';

/** Debian's Python, into which python3-dbus and python3-gi are installed. */
const PYTHON = '/usr/bin/python3';

export class PrivateBus implements AsyncDisposable {
  #daemon: ChildProcess | undefined;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<PrivateBus> {
    const bus = new PrivateBus(await mkdtemp(join(tmpdir(), 'tpmtbs-bus-')));
    await writeFile(bus.#configPath, bus.#configuration());
    await bus.run();
    return bus;
  }

  get address(): string {
    return `unix:path=${join(this.#folder, 'bus')}`;
  }

  /** Starts the bus, also after `kill`. */
  async run(): Promise<void> {
    const daemon = spawn('dbus-daemon', ['--nofork', '--print-address=1', `--config-file=${this.#configPath}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#daemon = daemon;
    await once(daemon.stdout, 'data');
  }

  async kill(): Promise<void> {
    await end(this.#daemon);
    await rm(join(this.#folder, 'bus'), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #configPath(): string {
    return join(this.#folder, 'bus.conf');
  }

  #configuration(): string {
    return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>${this.address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`;
  }
}

export class FakeLogind implements AsyncDisposable {
  readonly #lines: string[] = [];
  #arrived: (() => void) | undefined;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, reader: Interface) {
    this.#child = child;
    reader.on('line', (line) => {
      this.#lines.push(line);
      this.#arrived?.();
    });
    child.once('exit', () => this.#arrived?.());
  }

  static async start(bus: PrivateBus): Promise<FakeLogind> {
    const child = spawn(PYTHON, [join(REPOSITORY, 'tests', 'support', 'fake-logind.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address },
    });
    const logind = new FakeLogind(child, createInterface({ input: child.stdout }));
    await logind.line(/^ready$/);
    return logind;
  }

  /** Resolves with the next unread line that matches the pattern. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const index = this.#lines.findIndex((line) => pattern.test(line));
      if (index >= 0) return this.#lines.splice(index, 1)[0] as string;
      if (this.#child.exitCode !== null) throw new Error(`the fake logind ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** Drops the unread lines. */
  forget(): void {
    this.#lines.length = 0;
  }

  /** Sleeps. Returns how long logind waited for the delay locks, and how many were still held after that. */
  async sleep(): Promise<{ waitedMs: number; stillHeld: number }> {
    this.#child.stdin?.write('sleep\n');
    const [, waitedMs, stillHeld] = (await this.line(/^asleep /)).split(' ').map(Number);
    return { waitedMs: waitedMs as number, stillHeld: stillHeld as number };
  }

  async wake(): Promise<void> {
    this.#child.stdin?.write('wake\n');
    await this.line(/^awake$/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
