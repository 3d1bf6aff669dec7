/**
 * A software TPM behind a character device: a pseudo-terminal in raw mode that socat connects to swtpm's data socket.
 *
 * A machine without /dev/tpm0 can use it instead; the device TCTI of tpm2-tss accepts it as well.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { lstat, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Swtpm, type SwtpmOptions, startSwtpm } from './swtpm.js';

export interface TerminalTpm extends AsyncDisposable {
  readonly tpm: Swtpm;
  /** A symbolic link to the terminal. The link stays the same after a restart; the terminal does not. */
  readonly devicePath: string;
  /** Kills swtpm, and starts it and the terminal again. */
  restart(): Promise<void>;
  /** Removes the device; the TPM keeps its state. */
  unplug(): Promise<void>;
  /** Brings the device back, at the same or another path. */
  plugIn(path?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startTerminalTpm(options: Pick<SwtpmOptions, 'version' | 'startup'>): Promise<TerminalTpm> {
  const tpm = await startSwtpm(options);
  const devicePath = join(tpm.dir, 'tpm0');
  let socat = await startSocat(devicePath, tpm.dataPath);
  const stop = async () => {
    await end(socat);
    await tpm.stop();
  };
  const restart = async () => {
    await tpm.kill();
    await end(socat);
    await tpm.start();
    socat = await startSocat(devicePath, tpm.dataPath);
  };
  const unplug = () => end(socat).then(() => rm(devicePath, { force: true }));
  const plugIn = async (path = devicePath) => {
    socat = await startSocat(path, tpm.dataPath);
  };
  return { tpm, devicePath, restart, unplug, plugIn, stop, [Symbol.asyncDispose]: stop };
}

async function startSocat(devicePath: string, dataPath: string): Promise<ChildProcess> {
  await rm(devicePath, { force: true });
  const socat = spawn('socat', ['-t', '0', `pty,raw,echo=0,link=${devicePath}`, `unix-connect:${dataPath}`], {
    stdio: 'ignore',
  });
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += 10) {
    if (await lstat(devicePath).catch(() => undefined)) return socat;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await end(socat);
  throw new Error('socat did not open a pseudo-terminal');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Resolves with the terminal that the link points to, such as /dev/pts/3. */
export function terminalOf(devicePath: string): Promise<string> {
  return readlink(devicePath);
}
