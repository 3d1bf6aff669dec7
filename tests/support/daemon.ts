/** A real tbsd in its own folder, with an embedded software TPM or one that the test runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NODE, TBSD } from './programs.js';
import { RpcClient } from './rpc-client.js';

/** The repository's root, from build/tests/support. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** Draining takes 10 seconds at most (timeouts.drainMs); the rest is for a busy machine. */
const LONGEST_STOP_MS = 40_000;

export interface DaemonOptions {
  readonly tpmVersion?: '2.0' | '1.2';
  /** Values that replace those of the configuration file. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Files of policy.d by name. */
  readonly policy?: Readonly<Record<string, object>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A Node.js other than the one that runs the tests. */
  readonly node?: string;
}

export class TestDaemon {
  #process: ChildProcess | undefined;
  errorOutput = '';
  readonly #options: DaemonOptions;

  private constructor(
    readonly folder: string,
    options: DaemonOptions,
  ) {
    this.#options = options;
  }

  static async start(options: DaemonOptions = {}): Promise<TestDaemon> {
    // Other users must reach the sockets, and must not see anything else.
    const folder = await mkdtemp(join(tmpdir(), 'tbsd-'));
    await chmod(folder, 0o711);
    const daemon = new TestDaemon(folder, options);
    await daemon.#prepare();
    try {
      await daemon.run();
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return daemon;
  }

  get rpcSocket(): string {
    return join(this.folder, 'run', 'rpc.sock');
  }

  get wireSocket(): string {
    return join(this.folder, 'run', 'wire.sock');
  }

  get policyFolder(): string {
    return join(this.folder, 'policy.d');
  }

  get stateFolder(): string {
    return join(this.folder, 'state');
  }

  get auditPath(): string {
    return join(this.folder, 'state', 'audit.jsonl');
  }

  get logPath(): string {
    return join(this.folder, 'state', 'tbsd.log');
  }

  get processId(): number {
    return this.#process?.pid as number;
  }

  /** The resident memory of the broker's process (VmRSS). */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.processId}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  connect(): Promise<RpcClient> {
    return RpcClient.connect(this.rpcSocket);
  }

  /** Starts the daemon, also again, and waits until it answers. */
  async run(): Promise<void> {
    const child = spawn(this.#options.node ?? NODE, [TBSD, '--config', join(this.folder, 'tbsd.json')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    this.#process = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.errorOutput += data.toString();
    });
    await this.#whenReady(child);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const ended = this.ended();
    if (this.#isRunning) this.#process?.kill(signal);
    return ended;
  }

  /** Resolves with the exit code of a broker that ends by itself; null if a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || !this.#isRunning) return child?.exitCode ?? null;
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  get #isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.kill('SIGTERM');
  }

  /**
   * Resolves with the audit log once it has not grown for a while: the broker writes it after it has answered, and
   * collects refusals for 50 ms.
   */
  async auditLines(): Promise<Record<string, unknown>[]> {
    let text = '';
    for (let quietRounds = 0, rounds = 0; quietRounds < 8 && rounds < 400; rounds++) {
      await wait(25);
      const now = await readFile(this.auditPath, 'utf8').catch(() => '');
      quietRounds = now === text && now !== '' ? quietRounds + 1 : 0;
      text = now;
    }
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Throws if the broker does not stop when it is asked to. */
  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = await Promise.race([this.stop().then(() => true), wait(LONGEST_STOP_MS, false, { ref: false })]);
    if (!stopped) await this.kill('SIGKILL');
    await this.#removeFolder();
    if (!stopped) throw new Error(`tbsd did not stop within ${LONGEST_STOP_MS / 1000} seconds: ${this.errorOutput}`);
  }

  async #removeFolder(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #prepare(): Promise<void> {
    await mkdir(join(this.folder, 'run'), { mode: 0o755 });
    await mkdir(this.stateFolder, { mode: 0o700 });
    await mkdir(this.policyFolder, { mode: 0o755 });
    for (const [name, content] of Object.entries(this.#options.policy ?? {})) await this.writePolicy(name, content);
    const configuration = {
      stateFolder: this.stateFolder,
      sockets: { rpc: this.rpcSocket, wire: this.wireSocket },
      transport: {
        kind: 'embedded',
        embedded: { stateFolder: join(this.folder, 'tpm'), tpmVersion: this.#options.tpmVersion ?? '2.0' },
      },
      policy: { folder: this.policyFolder, pollMs: 200 },
      audit: { path: this.auditPath, coalesceMs: 50 },
      log: { path: this.logPath },
      power: { logind: false },
      ...this.#options.configuration,
    };
    await writeFile(join(this.folder, 'tbsd.json'), JSON.stringify(configuration), { mode: 0o600 });
  }

  async writePolicy(name: string, content: object): Promise<void> {
    await writeFile(join(this.policyFolder, name), JSON.stringify(content), { mode: 0o644 });
  }

  async #whenReady(child: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < 1500; attempt++) {
      if (child.exitCode !== null) throw new Error(`tbsd ended with ${child.exitCode}: ${this.errorOutput}`);
      if (await answers(this.rpcSocket)) return;
      await wait(20);
    }
    child.kill('SIGKILL');
    throw new Error(`tbsd did not become ready: ${this.errorOutput}`);
  }
}

/** A broker listens before its TPM is ready, and answers afterwards. */
async function answers(path: string): Promise<boolean> {
  try {
    const client = await RpcClient.connect(path);
    await client.call('connection/ping').finally(() => client.socket.destroy());
    return true;
  } catch {
    return false;
  }
}
