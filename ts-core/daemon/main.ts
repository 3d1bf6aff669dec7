/**
 * Runs tbsd: reads the configuration, starts the daemon, stops it on a signal, and reports the outcome as exit code.
 */
import { leadsToJournal, withPriority } from '../adapters/audit/journal.js';
import { type RunningDaemon, startDaemon } from './compose.js';
import { type Configuration, type LoadConfigurationOptions, loadConfiguration } from './configuration.js';
import { describeFailure } from './describe-failure.js';
import { EXIT_CODES } from './exit-codes.js';
import { ownUid } from './own-user.js';
import { productVersion } from './product-version.js';

export type ServeOptions = Pick<LoadConfigurationOptions, 'path' | 'overrides' | 'mode'>;

/** Runs until it is asked to stop, and returns the exit code. Reports problems on standard error, one per line. */
export async function serve(options: ServeOptions): Promise<number> {
  let configuration: Configuration;
  try {
    configuration = loadConfiguration({ ...options, env: process.env, uid: ownUid() });
  } catch (error) {
    return tellFailure(error);
  }
  // Nobody else may access files that the broker creates. The sockets get their own permissions.
  process.umask(0o077);
  try {
    const stop = stopOnSignals(configuration.timeouts.drainMs);
    const daemon = await startDaemon(configuration, {
      version: productVersion(),
      processId: process.pid,
      uid: ownUid(),
      env: process.env,
    });
    stop(daemon);
    await daemon.stopped;
    return EXIT_CODES.ok;
  } catch (error) {
    return tellFailure(error);
  }
}

/** Makes signals stop the daemon in order: immediately if it is running, otherwise right after its start. */
function stopOnSignals(drainTimeoutMs: number): (daemon: RunningDaemon) => void {
  let running: RunningDaemon | undefined;
  let asked = false;
  // SIGHUP: its terminal was closed.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked = true;
      void running?.stop(drainTimeoutMs);
    });
  }
  return (daemon) => {
    running = daemon;
    if (asked) void daemon.stop(drainTimeoutMs);
  };
}

function tellFailure(error: unknown): number {
  const { lines, exitCode } = describeFailure(error);
  for (const line of lines) {
    const text = `tbsd: ${line}\n`;
    process.stderr.write(leadsToJournal(process.env, process.stderr.fd) ? withPriority('error', text) : text);
  }
  return exitCode;
}
