/**
 * Runs tbsd: reads the configuration, starts the daemon, stops it on a signal, and reports the outcome as exit code.
 */
import { leadsToJournal, withPriority } from '../adapters/audit/journal.js';
import { windowsAddon } from '../adapters/windows-addon.js';
import { type RunningDaemon, startDaemon } from './compose.js';
import { type Configuration, type LoadConfigurationOptions, loadConfiguration } from './configuration.js';
import { describeFailure } from './describe-failure.js';
import { EXIT_CODES } from './exit-codes.js';
import { productVersion } from './product-version.js';
import { hasServiceManager } from './service-notification.js';

export type ServeOptions = Pick<LoadConfigurationOptions, 'path' | 'overrides' | 'mode'>;

/** Runs until it is asked to stop, and returns the exit code. Reports problems on standard error, one per line. */
export async function serve(options: ServeOptions): Promise<number> {
  const read = (): Configuration => loadConfiguration({ ...options, env: process.env, uid: ownUid() });
  let configuration: Configuration;
  try {
    configuration = read();
  } catch (error) {
    return tellFailure(error);
  }
  // Nobody else may access files that the broker creates. The sockets get their own permissions.
  process.umask(0o077);
  try {
    const started = obeySignals(configuration.timeouts.drainMs);
    const identity = { version: productVersion(), processId: process.pid, uid: ownUid(), env: process.env };
    const daemon = await startDaemon(configuration, identity, read);
    started(daemon);
    await daemon.stopped;
    return EXIT_CODES.ok;
  } catch (error) {
    return tellFailure(error);
  }
}

/**
 * Makes signals stop the daemon in order. SIGHUP makes it read the configuration again under a service manager;
 * elsewhere it means that the terminal was closed. Signals that arrive during the start take effect after it.
 */
function obeySignals(drainTimeoutMs: number): (daemon: RunningDaemon) => void {
  let running: RunningDaemon | undefined;
  let afterStart: ((daemon: RunningDaemon) => void) | undefined;
  const stop = (daemon: RunningDaemon) => void daemon.stop(drainTimeoutMs);
  const reload = (daemon: RunningDaemon) => daemon.reload();
  const obey = (act: (daemon: RunningDaemon) => void) => () => {
    if (running !== undefined) act(running);
    else if (afterStart !== stop) afterStart = act;
  };
  process.on('SIGTERM', obey(stop));
  process.on('SIGINT', obey(stop));
  process.on('SIGHUP', obey(hasServiceManager(process.env) ? reload : stop));
  return (daemon) => {
    running = daemon;
    afterStart?.(daemon);
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

/**
 * Returns the user id of this process. Windows has none: there it is 0 with an administrator's (elevated) or the
 * system's token and 1 otherwise, which distinguishes the system's broker from a user's own.
 */
function ownUid(): number {
  if (process.platform !== 'win32') return process.getuid?.() ?? 0;
  return windowsAddon().ownToken([]).isAdministrator ? 0 : 1;
}
