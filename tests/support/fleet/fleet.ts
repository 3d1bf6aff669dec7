/**
 * A fleet of test machines, each with its own network, processes, disk, SSH server and broker, and a controller that
 * reaches them over a network which nothing else can see. All of it ends with this process.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../daemon.js';
import { NODE, TBS, TBSD } from '../programs.js';
import { type Run, type RunOptions, run } from '../run-program.js';

const SOURCES = join(REPOSITORY, 'tests', 'support', 'fleet');
const PROGRAMS = ['unshare', 'nsenter', 'ip', 'sshd', 'ssh', 'ssh-keygen'];

/** Returns why this machine cannot run a fleet, or undefined. */
export function whyNoFleet(...programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'namespaces need root';
  const isMissing = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`], { env: PATH }).status !== 0;
  const missing = [...PROGRAMS, ...programs].filter(isMissing);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const namespaces = spawnSync('unshare', ['--mount', '--net', '--uts', '--pid', '--fork', 'true'], { env: PATH });
  return namespaces.status === 0 ? undefined : 'this machine permits no namespaces';
}

const PATH = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

/** Returns how many machines the tests use: 3, or $TPMTBS_FLEET_MACHINES (`npm run test:fleet`: 20). */
export function fleetSize(): number {
  return Number(process.env['TPMTBS_FLEET_MACHINES'] ?? 3);
}

export interface FleetMachine {
  readonly name: string;
  readonly address: string;
  /** The path at which tests on this host reach the broker's JSON-RPC socket. */
  readonly rpcSocket: string;
}

export interface FleetOptions {
  /** Whether the programs of this tree are the machines' tbs and tbsd; otherwise the test installs packages. */
  readonly programsOfTree?: boolean;
  /** Lines for each machine's sshd_config. */
  readonly sshdConfiguration?: readonly string[];
  /** Shell commands that each machine runs when it starts. */
  readonly atStart?: readonly string[];
}

export class Fleet {
  readonly machines: FleetMachine[] = [];
  readonly #processes = new Map<string, ChildProcess>();
  readonly #network: ChildProcess;

  private constructor(
    readonly folder: string,
    network: ChildProcess,
  ) {
    this.#network = network;
  }

  static async start(count: number, options: FleetOptions = {}): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
    await chmod(folder, 0o711);
    const network = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const fleet = new Fleet(folder, network);
    try {
      await firstOutput(network);
      fleet.#ip('link', 'set', 'lo', 'up');
      fleet.#ip('link', 'add', 'fleet', 'type', 'bridge');
      fleet.#ip('addr', 'add', '10.77.0.254/24', 'dev', 'fleet');
      fleet.#ip('link', 'set', 'fleet', 'up');
      await keyPair(fleet.privateKey);
      for (let number = 1; number <= count; number++) await fleet.#addMachine(number, options);
      await fleet.#writeKnownHosts();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  get privateKey(): string {
    return join(this.folder, 'key');
  }

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  /** Runs a program on the controller. */
  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return run('nsenter', [...this.#inNetwork, program, ...args], options);
  }

  /** Starts a program on the controller that the caller stops. */
  spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn('nsenter', [...this.#inNetwork, program, ...args], { stdio: 'ignore' });
  }

  /** Runs a program on a machine without SSH. */
  runOn(machine: FleetMachine, program: string, args: readonly string[]): Promise<Run> {
    const child = this.#processes.get(machine.name);
    const of = (kind: string): string => `/proc/${child?.pid}/ns/${kind}`;
    const namespaces = [`--mount=${of('mnt')}`, `--net=${of('net')}`, `--pid=${of('pid_for_children')}`];
    const root = join(this.folder, machine.name, 'disk', 'root');
    return run('nsenter', [...namespaces, 'chroot', root, program, ...args]);
  }

  /** Turns a machine off as a power cut does. */
  async turnOff(machine: FleetMachine): Promise<void> {
    const child = this.#processes.get(machine.name);
    this.#processes.delete(machine.name);
    if (child !== undefined) await ended(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.machines.map((machine) => this.turnOff(machine)));
    await ended(this.#network);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #inNetwork(): readonly string[] {
    return [`--net=/proc/${this.#network.pid}/ns/net`];
  }

  #ip(...args: string[]): void {
    const { status, stderr } = spawnSync('nsenter', [...this.#inNetwork, 'ip', ...args], {
      encoding: 'utf8',
      env: PATH,
    });
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  }

  async #addMachine(number: number, options: FleetOptions): Promise<void> {
    const name = `pc${number}`;
    const folder = join(this.folder, name);
    const machine = { name, address: `10.77.0.${number}`, rpcSocket: join(folder, 'run', 'tpmtbs', 'rpc.sock') };
    for (const each of [folder, join(folder, 'disk'), join(folder, 'run')]) await mkdir(each, { mode: 0o755 });
    await copyFile(join(SOURCES, 'init.d'), join(folder, 'init.d'));
    await copyFile(`${this.privateKey}.pub`, join(folder, 'authorized_keys'));
    await keyPair(join(folder, 'host_key'));
    await writeFile(join(folder, 'sshd_config'), sshdConfiguration(options));
    await writeFile(
      join(folder, 'at-start'),
      ['set -e', ...treePrograms(options), ...(options.atStart ?? [])].join('\n'),
    );
    const child = spawn(
      'unshare',
      [
        ...['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child'],
        ...['/bin/bash', join(SOURCES, 'machine.sh'), folder, name],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...PATH, TPMTBS_REPOSITORY: REPOSITORY } },
    );
    this.#processes.set(name, child);
    this.machines.push(machine);
    await firstOutput(child);
    // The other end stays in the controller's network and disappears with the machine.
    this.#ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(child.pid));
    this.#ip('link', 'set', name, 'master', 'fleet', 'up');
    const ip = (...args: string[]): void => {
      const inMachine = [`--net=/proc/${child.pid}/ns/net`, 'ip', ...args];
      const { status, stderr } = spawnSync('nsenter', inMachine, { encoding: 'utf8', env: PATH });
      if (status !== 0) throw new Error(`ip ${args.join(' ')} on ${name}: ${stderr}`);
    };
    ip('addr', 'add', `${machine.address}/24`, 'dev', 'eth0');
    ip('link', 'set', 'eth0', 'up');
  }

  async #writeKnownHosts(): Promise<void> {
    const lines = this.machines.map(async ({ name, address }) => {
      const key = await readFile(join(this.folder, name, 'host_key.pub'), 'utf8');
      return `${name},${address} ${key}`;
    });
    await writeFile(this.knownHosts, (await Promise.all(lines)).join(''));
  }
}

/** Configures and starts a machine's broker, with its own software TPM, and returns when it answers. */
export async function startBroker(fleet: Fleet, machine: FleetMachine, configuration: object = {}): Promise<void> {
  const settings = {
    transport: { kind: 'embedded', embedded: { stateFolder: '/var/lib/tpmtbs/embedded-tpm' } },
    power: { logind: false },
    ...configuration,
  };
  const script = [
    'set -e',
    'mkdir -p /etc/tpmtbs',
    'umask 077',
    'printf %s "$1" >/etc/tpmtbs/tbsd.json',
    '/etc/init.d/tpmtbs start >/dev/null',
    'for attempt in $(seq 600); do [ -S /run/tpmtbs/rpc.sock ] && tbs status >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1',
  ];
  const { code, stderr } = await fleet.runOn(machine, 'sh', ['-c', script.join('\n'), 'sh', JSON.stringify(settings)]);
  if (code !== 0) throw new Error(`The broker of ${machine.name} did not start: ${stderr}`);
}

function sshdConfiguration({ sshdConfiguration = [] }: FleetOptions): string {
  return [
    'HostKey /etc/ssh/fleet_host_key',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PidFile none',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
    ...sshdConfiguration,
    '',
  ].join('\n');
}

function treePrograms({ programsOfTree = true }: FleetOptions): readonly string[] {
  if (!programsOfTree) return [];
  const program = (name: string, path: string): string =>
    `printf '#!/bin/sh\\nexec %s %s "$@"\\n' '${NODE}' '${path}' >/usr/bin/${name} && chmod 0755 /usr/bin/${name}`;
  return [program('tbs', TBS), program('tbsd', TBSD)];
}

async function keyPair(path: string): Promise<void> {
  const { code, stderr } = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'fleet', '-f', path]);
  if (code !== 0) throw new Error(stderr);
}

function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)));
  });
}

/** Ends a process that lives as long as its standard input. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.stdin?.end();
  });
}
