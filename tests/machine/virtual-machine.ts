import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Finished, GuestAgent } from './guest-agent.js';
import type { GuestImage } from './guest-image.js';
import { Monitor } from './monitor.js';
import { TimeLimit, within } from './time-limit.js';

export interface MachineParts {
  readonly firmware: 'ovmf' | 'seabios';
  /** Undefined for a machine without a TPM. */
  readonly tpm?: { readonly version: '2.0' | '1.2'; readonly device: 'tpm-crb' | 'tpm-tis' };
}

export interface MachineFiles {
  readonly image: GuestImage;
  /** An ext4 file system with the packages under test, mounted at /media/packages. */
  readonly packages: string;
  /** Sockets, logs and the state of the TPM. Its path must be short enough for a Unix socket. */
  readonly folder: string;
}

/** For an action that takes a few seconds on an idle host. */
const LIMIT_SECONDS = 300;
/** For a whole step, which takes a few minutes on an idle host. */
const STEP_SECONDS = 1200;
/** Falling asleep, waking up and starting to answer each take less than ten seconds on an idle host. */
const SLEEP_SECONDS = 120;
/** qemu and swtpm end immediately unless they hang. */
const STOP_SECONDS = 20;
/** An idle host that emulates the processor starts the machine in less time. */
const IDLE_START_SECONDS = 75;
/** Time limits grow with the slowness of the host, up to this factor. */
const MOST_SLOWNESS = 10;

/** A machine emulated by qemu, with firmware, a TPM that swtpm emulates, Debian, and no network. */
export class VirtualMachine {
  readonly #files: MachineFiles;
  readonly #children: ChildProcess[] = [];
  readonly #agent: GuestAgent;
  #monitor: Monitor | undefined;
  /** The time that the start took, relative to an idle host; at least 1. Multiplies every time limit. */
  #slowness = 1;
  /** What the test is waiting for; the message of a step that takes too long contains it. */
  #waitsFor = 'nothing yet';

  private constructor(files: MachineFiles) {
    this.#files = files;
    this.#agent = new GuestAgent(path.join(files.folder, 'agent'));
  }

  /** Starts the machine and returns once systemd has finished starting it. */
  static async start(parts: MachineParts, files: MachineFiles): Promise<VirtualMachine> {
    mkdirSync(path.join(files.folder, 'tpm'), { recursive: true });
    const machine = new VirtualMachine(files);
    const startedAt = performance.now();
    try {
      if (parts.tpm !== undefined) await machine.#startTpm(parts.tpm.version);
      await machine.#startQemu(parts);
      await machine.#finishBoot();
      const seconds = (performance.now() - startedAt) / 1000;
      machine.#slowness = Math.min(MOST_SLOWNESS, Math.max(1, seconds / IDLE_START_SECONDS));
      return machine;
    } catch (error) {
      await machine.stop();
      throw new Error(`${(error as Error).message}\nThe end of the serial console:\n${machine.console.slice(-3000)}`, {
        cause: error,
      });
    }
  }

  /** What the guest has written to its serial console. */
  get console(): string {
    const file = path.join(this.#files.folder, 'console.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** The number of commands that the TPM has received, whoever sent them. */
  get tpmCommands(): number {
    const log = readFileSync(path.join(this.#files.folder, 'tpm.log'), 'latin1');
    return log.split('SWTPM_IO_Read').length - 1;
  }

  /** Waits for a whole step. Rejects with TooLate if it does not end within `seconds`, as measured on an idle host. */
  untilDone(step: Promise<void>, seconds = STEP_SECONDS): Promise<void> {
    return within(this.#limit(seconds), step, () => this.#waitsFor);
  }

  /** Runs a bash command in the guest, as root or as another user. */
  attempt(command: string, { user = 'root', seconds = LIMIT_SECONDS } = {}): Promise<Finished> {
    this.#waitsFor = `the end of: ${command}`;
    const whole = user === 'root' ? command : `runuser -u ${user} -- bash -c ${quoted(command)}`;
    return this.#agent.execute(whole, this.#limit(seconds).seconds);
  }

  /** Runs a command and returns its standard output. Throws if it fails. */
  async run(command: string, options: { user?: string; seconds?: number } = {}): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(command, options);
    if (status !== 0) throw new Error(`${command}: ended with ${status}\n${stdout}${stderr}`.trimEnd());
    return stdout;
  }

  /** Repeats a command until it succeeds, and returns its standard output. */
  async until(command: string, { user = 'root', seconds = LIMIT_SECONDS } = {}): Promise<string> {
    for (const limit = this.#limit(seconds); ; ) {
      const { status, stdout, stderr } = await this.attempt(command, { user, seconds });
      if (status === 0) return stdout;
      if (limit.hasPassed) throw new Error(`not true within ${limit}: ${command}\n${stdout}${stderr}`.trimEnd());
      await wait(250);
    }
  }

  /** Suspends the machine to memory (ACPI S3), wakes it up, and returns once it runs again. */
  async sleepAndWake(): Promise<void> {
    const monitor = this.#connectedMonitor();
    monitor.forgetEvents();
    const consoleBefore = this.console.length;
    try {
      await this.#agent.send('systemctl suspend --check-inhibitors=no');
      await this.#untilEvent('SUSPEND', SLEEP_SECONDS);
      await monitor.execute('system_wakeup');
      await this.#untilEvent('WAKEUP', SLEEP_SECONDS);
      await this.#untilAgentAnswers(SLEEP_SECONDS);
    } catch (error) {
      const guest = await this.#whyAwakeOrAsleep();
      const console = this.console.slice(consoleBefore).slice(-3000);
      const message = `${(error as Error).message}\n${guest}\nThe serial console since:\n${console}`;
      throw new Error(message, { cause: error });
    }
  }

  /**
   * Shuts the guest down in order and restarts it. `atFirmware` runs while the firmware starts; it receives a function
   * that returns the console output since the restart.
   */
  async reboot(atFirmware: (console: () => string, monitor: Monitor) => Promise<void> = async () => {}): Promise<void> {
    const monitor = this.#connectedMonitor();
    monitor.forgetEvents();
    await this.#agent.send('systemctl reboot');
    await this.#untilEvent('RESET', 600);
    const before = this.console.length;
    await atFirmware(() => this.console.slice(before), monitor);
    await this.#finishBoot();
  }

  async stop(): Promise<void> {
    this.#monitor?.close();
    for (const child of [...this.#children].reverse()) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
        await ended;
        clearTimeout(force);
      }
    }
  }

  /** Returns a time limit that is `seconds` on an idle host, and longer on a slow one. */
  #limit(seconds: number): TimeLimit {
    return new TimeLimit(seconds * this.#slowness);
  }

  async #untilEvent(name: string, seconds: number): Promise<void> {
    this.#waitsFor = `${name} from qemu`;
    await this.#connectedMonitor().waitForEvent(name, this.#limit(seconds).seconds);
  }

  /** Describes a machine that did not sleep or wake up: what qemu reports, and what the guest reports if it is awake. */
  async #whyAwakeOrAsleep(): Promise<string> {
    try {
      const { status } = await this.#connectedMonitor().execute('query-status');
      if (!(await this.#agent.answers(10))) {
        const registers = (await this.#connectedMonitor().ask('info registers -a')).split('\n');
        const processors = registers.filter((line) => /^CPU#|IP=/.test(line)).join('\n');
        return `qemu says: ${status}; the guest's agent does not answer; the processors:\n${processors}`;
      }
      const question = 'systemctl list-jobs; systemd-inhibit --list; journalctl --no-pager --lines=40';
      const { stdout, stderr } = await this.#agent.execute(question, 60);
      return `qemu says: ${status}; the guest says:\n${stdout}${stderr}`;
    } catch (error) {
      return `The guest cannot be asked why: ${(error as Error).message}`;
    }
  }

  #connectedMonitor(): Monitor {
    if (this.#monitor === undefined) throw new Error('the machine does not run');
    return this.#monitor;
  }

  async #startTpm(version: '2.0' | '1.2'): Promise<void> {
    const { folder } = this.#files;
    const control = path.join(folder, 'tpm-control');
    const child = this.#spawn('swtpm', [
      'socket',
      ...(version === '2.0' ? ['--tpm2'] : []),
      ...['--tpmstate', `dir=${path.join(folder, 'tpm')}`],
      ...['--ctrl', `type=unixio,path=${control},mode=0600`],
      ...['--log', `file=${path.join(folder, 'tpm.log')},level=5`],
    ]);
    await untilExists(control, child);
  }

  async #startQemu(parts: MachineParts): Promise<void> {
    const { folder, image, packages } = this.#files;
    const at = (name: string) => path.join(folder, name);
    const kvm = canUseKvm();
    const socket = (id: string) => ['-chardev', `socket,id=${id},path=${at(id)},server=on,wait=off`];
    const child = this.#spawn('qemu-system-x86_64', [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-m', '1024', '-smp', '2'],
      ...['-machine', parts.firmware === 'ovmf' ? 'q35,smm=on' : 'q35'],
      ...(kvm ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max']),
      ...['-global', 'ICH9-LPC.disable_s3=0'],
      ...(parts.firmware === 'ovmf' ? firmwareDrives(at('firmware-variables')) : []),
      ...(parts.tpm === undefined ? [] : tpmDevice(at('tpm-control'), parts.tpm.device)),
      ...['-drive', `file=${image.root},format=raw,if=virtio,snapshot=on,cache=unsafe`],
      ...['-drive', `file=${packages},format=raw,if=virtio,readonly=on`],
      ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', 'root=/dev/vda rw console=ttyS0 quiet'],
      ...['-chardev', `file,id=console,path=${at('console.log')}`, '-serial', 'chardev:console'],
      ...[...socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
      ...['-device', 'virtio-serial', ...socket('agent')],
      ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ]);
    await untilExists(at('agent'), child);
    this.#monitor = await Monitor.connect(at('monitor'));
  }

  async #finishBoot(): Promise<void> {
    await this.#untilAgentAnswers(900);
    // "degraded" is acceptable here; a step checks for failed units.
    await this.attempt('systemctl is-system-running --wait', { seconds: 900 });
    // On a busy host, systemd may have given up waiting for the disk.
    await this.until('mountpoint --quiet /media/packages || mount /media/packages');
  }

  async #untilAgentAnswers(seconds: number): Promise<void> {
    this.#waitsFor = "the guest's agent";
    const limit = this.#limit(seconds);
    while (!(await this.#agent.answers(3))) {
      const ended = this.#children.find((child) => child.exitCode !== null);
      if (ended !== undefined)
        throw new Error(`${ended.spawnfile} has ended with ${ended.exitCode}: ${this.#log(ended)}`);
      const { status } = await this.#connectedMonitor().execute('query-status');
      if (status === 'internal-error') throw new Error('qemu reports an internal error');
      if (limit.hasPassed) throw new Error(`the guest's agent does not answer within ${limit}`);
      await wait(300);
    }
  }

  #spawn(program: string, args: string[]): ChildProcess {
    const log = openSync(path.join(this.#files.folder, `${program}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    this.#children.push(child);
    return child;
  }

  #log(child: ChildProcess): string {
    return readFileSync(path.join(this.#files.folder, `${child.spawnfile}.log`), 'utf8').trim();
  }
}

function firmwareDrives(variables: string): string[] {
  const folder = '/usr/share/OVMF';
  copyFileSync(path.join(folder, 'OVMF_VARS_4M.fd'), variables);
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${path.join(folder, 'OVMF_CODE_4M.fd')}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${variables}`],
  ];
}

function tpmDevice(control: string, device: string): string[] {
  return [
    ...['-chardev', `socket,id=tpm-control,path=${control}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm-control'],
    ...['-device', `${device},tpmdev=tpm0`],
  ];
}

/** Some hosts have /dev/kvm although the processor does not support it; guests crash there. */
function canUseKvm(): boolean {
  if (!/^flags.* (vmx|svm) /m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return false;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function untilExists(file: string, child: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  for (let waitedMs = 0; !existsSync(file); waitedMs += 50) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null || waitedMs > 60_000) throw new Error(`${child.spawnfile} did not start`);
    await wait(50);
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
