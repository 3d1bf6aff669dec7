/** tpm2-abrmd (Debian's package) on a private D-Bus with its own software TPM, for comparison. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { startSwtpm } from '../../tests/support/swtpm.js';

export interface AccessBroker extends AsyncDisposable {
  /** The value for TPM2TOOLS_TCTI. */
  readonly tcti: string;
  readonly env: NodeJS.ProcessEnv;
}

export async function startAbrmd(): Promise<AccessBroker> {
  const tpm = await startSwtpm({ version: '2.0', startup: true });
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = await once(bus.stdout, 'data');
  const env = { DBUS_SESSION_BUS_ADDRESS: String(address).trim() };
  const args = ['--allow-root', '--session', `--tcti=${tpm.tcti}`, '--max-connections=100', '--max-transients=100'];
  const abrmd = spawn('tpm2-abrmd', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = async (): Promise<void> => {
    await end(abrmd);
    await end(bus);
    await tpm.stop();
  };
  const broker = { tcti: 'tabrmd:bus_type=session', env, [Symbol.asyncDispose]: stop };
  if (await answers(broker)) return broker;
  await stop();
  throw new Error('tpm2-abrmd does not answer');
}

async function answers({ tcti, env }: Pick<AccessBroker, 'tcti' | 'env'>): Promise<boolean> {
  const asked = { env: { ...process.env, TSS2_LOG: 'all+none', ...env }, timeout: 10_000 };
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      await promisify(execFile)('tpm2_getrandom', ['-T', tcti, '--hex', '1'], asked);
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
