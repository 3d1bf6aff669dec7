/**
 * Real software TPMs for tests: each instance has its own temporary folder, sockets or ports, and state.
 *
 *     await using tpm = await startSwtpm({ version: '2.0' });
 *     // tpm.dataPath, tpm.ctrlPath: for the swtpm transport; tpm.tcti: for Debian's tpm2-tools
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SwtpmOptions {
  readonly version: '1.2' | '2.0';
  /** Data and control channel on 127.0.0.1 (control is data + 1, as the swtpm TCTI expects) instead of Unix sockets. */
  readonly tcp?: boolean;
  /** swtpm sends Startup(CLEAR) itself, for tests that talk to it without a broker. */
  readonly startup?: boolean;
  /** The TPM answers only after CMD_INIT on the control channel. */
  readonly needInit?: boolean;
  /** Closes the data connection after every response (`--server …,disconnect`). */
  readonly disconnect?: boolean;
}

export interface Swtpm extends AsyncDisposable {
  readonly version: '1.2' | '2.0';
  /** Temporary folder: sockets, and the TPM's state below `state`. */
  readonly dir: string;
  /** Unix sockets; empty strings when the instance uses TCP. */
  readonly dataPath: string;
  readonly ctrlPath: string;
  /** Ports on 127.0.0.1; 0 when the instance uses Unix sockets. */
  readonly dataPort: number;
  readonly ctrlPort: number;
  /** Configuration for tpm2-tools' TPM2TOOLS_TCTI. */
  readonly tcti: string;
  /** Process id of the running swtpm. */
  readonly pid: number;
  /** Sends SIGKILL; resolves when the process is gone. Does not clean up anything else. */
  kill(): Promise<void>;
  /** Sends SIGKILL, and starts the TPM again with the same state and addresses. */
  restart(): Promise<void>;
  /** Starts the TPM again after kill(). */
  start(): Promise<void>;
  /** Ends the process and removes the folder. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startSwtpm(options: SwtpmOptions): Promise<Swtpm> {
  const instance = new SwtpmInstance(options, await mkdtemp(join(tmpdir(), 'tpmtbs-swtpm-')));
  await instance.begin();
  return instance;
}

class SwtpmInstance implements Swtpm {
  readonly version: '1.2' | '2.0';
  readonly dataPath: string;
  readonly ctrlPath: string;
  dataPort = 0;
  ctrlPort = 0;
  #child: ChildProcess | undefined;
  #output = '';
  readonly #options: SwtpmOptions;

  constructor(
    options: SwtpmOptions,
    readonly dir: string,
  ) {
    this.#options = options;
    this.version = options.version;
    this.dataPath = options.tcp ? '' : join(dir, 'tpm.sock');
    this.ctrlPath = options.tcp ? '' : join(dir, 'tpm.sock.ctrl');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get tcti(): string {
    return this.#options.tcp ? `swtpm:host=127.0.0.1,port=${this.dataPort}` : `swtpm:path=${this.dataPath}`;
  }

  /** Starts the TPM for the first time. Over TCP, it tries a few ports: another process may take a free one first. */
  async begin(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (this.#options.tcp) {
        this.dataPort = await freePortPair();
        this.ctrlPort = this.dataPort + 1;
      }
      try {
        return await this.start();
      } catch (error) {
        if (!this.#options.tcp || attempt === 5) {
          await this.stop();
          throw error;
        }
      }
    }
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error('this swtpm is already running');
    await mkdir(join(this.dir, 'state'), { recursive: true, mode: 0o700 });
    if (!this.#options.tcp) for (const path of [this.dataPath, this.ctrlPath]) await rm(path, { force: true });
    const child = spawn('swtpm', this.#arguments(), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.#output += String(text)));
    await this.#untilAnswering(child);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #arguments(): string[] {
    const { version, tcp, startup, needInit, disconnect } = this.#options;
    const flags = [...(needInit ? [] : ['not-need-init']), ...(startup ? ['startup-clear'] : [])];
    const closing = disconnect ? ',disconnect' : '';
    return [
      'socket',
      ...(version === '2.0' ? ['--tpm2'] : []),
      '--tpmstate',
      `dir=${join(this.dir, 'state')}`,
      '--server',
      tcp ? `type=tcp,port=${this.dataPort}${closing}` : `type=unixio,path=${this.dataPath}${closing}`,
      '--ctrl',
      tcp ? `type=tcp,port=${this.ctrlPort}` : `type=unixio,path=${this.ctrlPath}`,
      ...(flags.length > 0 ? ['--flags', flags.join(',')] : []),
    ];
  }

  /** The control channel answers CMD_GET_CAPABILITY once the main loop runs. */
  async #untilAnswering(child: ChildProcess): Promise<void> {
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
      if (child.exitCode !== null || child.signalCode !== null) {
        this.#child = undefined;
        throw new Error(`swtpm ended while starting: ${this.#output}`);
      }
      if (await this.#answersOnControlChannel()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`swtpm did not answer within 10 s: ${this.#output}`);
  }

  #answersOnControlChannel(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket: Socket = this.#options.tcp ? connect(this.ctrlPort, '127.0.0.1') : connect(this.ctrlPath);
      const finish = (answered: boolean) => {
        socket.destroy();
        resolve(answered);
      };
      socket.once('connect', () => socket.write(Uint8Array.of(0, 0, 0, 1)));
      socket.once('data', () => finish(true));
      socket.once('error', () => finish(false));
      socket.setTimeout(2000, () => finish(false));
    });
  }
}

/** Resolves with a port on 127.0.0.1 that is free together with the next one. */
async function freePortPair(): Promise<number> {
  for (;;) {
    const first = await listen(0);
    const port = (first.address() as AddressInfo).port;
    const second = await listen(port + 1).catch(() => undefined);
    await Promise.all([first, second].map((server) => server && new Promise((resolve) => server.close(resolve))));
    if (second !== undefined && port < 65535) return port;
  }
}

function listen(port: number) {
  return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
