/**
 * Runs one swtpm process: starts and ends it, and cleans up after a broker that was killed.
 *
 * The child dies with the broker, because setpriv (util-linux) sets PR_SET_PDEATHSIG before it becomes swtpm. If a
 * child outlives the broker anyway, the next broker finds it through the record in the state folder and ends it by its
 * process id, which it trusts only together with the process's start time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, type Stats } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { TbsError } from '../../domain/tbs-error.js';
import { isSameProcess, type ProcessIdentity, processIdentity } from '../process-identity.js';
import { errorCodeOf } from './transport-error.js';
import type { EmbeddedTransportOptions } from './transport-options.js';

/** sun_path holds 108 bytes, including the terminating zero. */
const MAX_SOCKET_PATH_BYTES = 107;
const RECORD_FILE = 'swtpm-process.json';
const KEPT_OUTPUT_CHARACTERS = 2_000;
const TERMINATION_GRACE_MS = 2_000;
const POLL_MS = 10;

interface ProcessRecord {
  readonly swtpm: ProcessIdentity;
  readonly broker: ProcessIdentity;
  readonly socketDirectory: string;
}

export class SwtpmProcess {
  /** Called once when the process has ended, for whatever reason. */
  onExit: (() => void) | undefined;
  #child: ChildProcess | undefined;
  #output = '';
  #socketDirectory: string;
  readonly #options: EmbeddedTransportOptions;

  constructor(options: EmbeddedTransportOptions) {
    this.#options = options;
    this.#socketDirectory = options.stateDirectory;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  get dataPath(): string {
    return join(this.#socketDirectory, 'swtpm.sock');
  }

  get controlPath(): string {
    return `${this.dataPath}.ctrl`;
  }

  /** The end of swtpm's output, for error messages. */
  get lastOutput(): string {
    return this.#output.trim();
  }

  /** Creates the state folder, ends a leftover swtpm, and finds a folder whose path is short enough for sockets. */
  async prepare(): Promise<void> {
    await prepareStateDirectory(this.#options.stateDirectory);
    await endLeftover(this.#options.stateDirectory);
    if (Buffer.byteLength(this.controlPath) > MAX_SOCKET_PATH_BYTES) {
      this.#socketDirectory = await mkdtemp(join(tmpdir(), 'tpmtbs-'));
    }
  }

  /**
   * Starts the process, which accepts connections a moment later. Throws TBS_E_TPM_NOT_FOUND if it is not installed.
   */
  async start(): Promise<void> {
    const program = await findProgram(this.#options.swtpmProgram ?? 'swtpm');
    if (program === undefined) throw swtpmMissing(this.#options.swtpmProgram ?? 'swtpm');
    await this.#removeSockets();
    const setpriv = await findProgram('setpriv');
    const command = setpriv === undefined ? [program] : [setpriv, '--pdeathsig', 'TERM', '--', program];
    const child = spawn(command[0] ?? program, [...command.slice(1), ...this.#arguments()], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, so that Ctrl+C reaches only the broker, which shuts the TPM down before swtpm ends.
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => this.#keepOutput(String(text)));
    const ended = () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.onExit?.();
    };
    child.once('error', (error) => {
      this.#keepOutput(error.message);
      ended();
    });
    child.once('exit', ended);
    await this.#writeRecord(child.pid);
  }

  /** Waits for the process to end as requested; after `graceMs`, terminates and finally kills it. */
  async waitForEnd(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), graceMs),
      setTimeout(() => child.kill('SIGKILL'), graceMs + TERMINATION_GRACE_MS),
    ];
    await gone;
    for (const timer of timers) clearTimeout(timer);
  }

  /** Removes the files that only a running swtpm needs; its state stays. */
  async cleanUp(): Promise<void> {
    await this.#removeSockets();
    await rm(join(this.#options.stateDirectory, RECORD_FILE), { force: true });
    if (this.#socketDirectory !== this.#options.stateDirectory) {
      await rm(this.#socketDirectory, { recursive: true, force: true });
    }
  }

  /** Without a startup flag, because only the broker starts the TPM. */
  #arguments(): readonly string[] {
    return [
      'socket',
      ...(this.#options.tpmVersion === '2.0' ? ['--tpm2'] : []),
      '--tpmstate',
      `dir=${this.#options.stateDirectory},mode=0600`,
      '--server',
      `type=unixio,path=${this.dataPath},mode=0600`,
      '--ctrl',
      `type=unixio,path=${this.controlPath},mode=0600`,
      '--flags',
      'not-need-init',
    ];
  }

  async #removeSockets(): Promise<void> {
    for (const path of [this.dataPath, this.controlPath]) await rm(path, { force: true });
  }

  #keepOutput(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARACTERS);
  }

  async #writeRecord(pid: number | undefined): Promise<void> {
    const swtpm = pid === undefined ? undefined : processIdentity(pid);
    const broker = processIdentity(process.pid);
    if (swtpm === undefined || broker === undefined) return;
    const record: ProcessRecord = { swtpm, broker, socketDirectory: this.#socketDirectory };
    await writeFile(join(this.#options.stateDirectory, RECORD_FILE), JSON.stringify(record), { mode: 0o600 });
  }
}

async function prepareStateDirectory(directory: string): Promise<void> {
  if (!isAbsolute(directory) || directory.includes(',')) {
    throw new TbsError('TBS_E_BAD_PARAMETER', {
      message: `The TPM's state folder must be an absolute path without a comma: ${directory}`,
      details: { parameter: 'stateDirectory' },
    });
  }
  let status: Stats;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    status = await stat(directory);
    // Anyone who can read the state can read every key in it.
    if ((status.mode & 0o077) !== 0) await chmod(directory, 0o700);
  } catch (cause) {
    throw new TbsError('TBS_E_IOERROR', {
      message: `The TPM's state folder ${directory} cannot be used.`,
      action: 'Make it a folder that belongs to the user who runs tbsd.',
      details: { stateDirectory: directory, reason: errorCodeOf(cause) ?? 'unknown' },
      cause,
    });
  }
}

/** Ends the swtpm of a broker that has died; throws if that broker is still running. */
async function endLeftover(stateDirectory: string): Promise<void> {
  const record = await readRecord(join(stateDirectory, RECORD_FILE));
  if (record === undefined || !isSameProcess(record.swtpm)) return;
  if (isSameProcess(record.broker)) {
    throw new TbsError('TBS_E_IOERROR', {
      message: `The TPM's state folder ${stateDirectory} is in use by the broker with process id ${record.broker.pid}.`,
      action: 'Stop that broker, or give this one a state folder of its own.',
      details: { stateDirectory, processId: record.broker.pid },
    });
  }
  process.kill(record.swtpm.pid, 'SIGTERM');
  if (!(await endsWithin(record.swtpm, TERMINATION_GRACE_MS))) {
    process.kill(record.swtpm.pid, 'SIGKILL');
    await endsWithin(record.swtpm, TERMINATION_GRACE_MS);
  }
  if (record.socketDirectory !== stateDirectory) await rm(record.socketDirectory, { recursive: true, force: true });
}

async function endsWithin(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += POLL_MS) {
    if (!isSameProcess(identity)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

async function readRecord(path: string): Promise<ProcessRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isProcessRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isProcessRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { swtpm, broker, socketDirectory } = value as Partial<Record<keyof ProcessRecord, unknown>>;
  return isIdentity(swtpm) && isIdentity(broker) && typeof socketDirectory === 'string';
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, bootId } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  return Number.isInteger(pid) && typeof startTime === 'string' && typeof bootId === 'string';
}

async function findProgram(name: string): Promise<string | undefined> {
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory || '.', name));
  for (const candidate of candidates) {
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  return undefined;
}

function swtpmMissing(program: string): TbsError {
  return new TbsError('TBS_E_TPM_NOT_FOUND', {
    message: `The software TPM cannot be started: ${program} was not found.`,
    action: 'Install it: on Debian and Ubuntu `apt-get install swtpm`.',
    details: { program, debianPackage: 'swtpm' },
  });
}
