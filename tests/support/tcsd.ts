/**
 * trousers' tcsd on a device of the broker, and its tools. Needs root: tcsd opens its device as root and becomes tss.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';

const READY_MS = 10_000;
const RETRY_MS = 50;

export interface Tcsd extends AsyncDisposable {
  readonly pid: number;
  /** User that tcsd runs as. */
  readonly uid: number;
  /** Runs one of tpm-tools; resolves with its output, rejects with its errors. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts tcsd; resolves when it answers tpm_version. */
export async function startTcsd(device: { readonly path: string } | { readonly port: number }): Promise<Tcsd> {
  const { uid, gid } = await tssIds();
  const folder = await mkdtemp(join(tmpdir(), 'tcsd-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'ps'), { mode: 0o700 });
  await chown(join(folder, 'ps'), uid, gid);
  const port = await freePort();
  const configuration = join(folder, 'tcsd.conf');
  await writeFile(configuration, `port = ${port}\nsystem_ps_file = ${join(folder, 'ps', 'system.data')}\n`, {
    mode: 0o640,
  });
  await chown(configuration, 0, gid);
  // tcsd tries the TCP device first, and nobody listens on port 1.
  const address =
    'path' in device
      ? { TCSD_UN_SOCKET_DEVICE_PATH: device.path, TCSD_TCP_DEVICE_PORT: '1' }
      : { TCSD_TCP_DEVICE_HOSTNAME: '127.0.0.1', TCSD_TCP_DEVICE_PORT: String(device.port) };
  const child = spawn('tcsd', ['-e', '-f', '-c', configuration], {
    env: { ...process.env, ...address },
    stdio: 'ignore',
  });
  const environment = { ...process.env, TSS_TCSD_HOSTNAME: 'localhost', TSS_TCSD_PORT: String(port) };
  const run = async (program: string, ...args: readonly string[]) =>
    (await promisify(execFile)(program, args, { env: environment })).stdout;
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswering(child, () => run('tpm_version'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid as number, uid, run, stop, [Symbol.asyncDispose]: stop };
}

async function untilAnswering(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_MS; waitedMs += RETRY_MS) {
    if (child.exitCode !== null) throw new Error(`tcsd ended with ${child.exitCode}`);
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  throw new Error('tcsd did not answer');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}

async function tssIds(): Promise<{ uid: number; gid: number }> {
  const fields = /^tss:.*$/m.exec(await readFile('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
