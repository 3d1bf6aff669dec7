/** tbsd: reads the configuration, starts the daemon, stops it on a signal, and says by its exit code how it went. */
import { AddonError } from '../adapters/addon-file.js';
import { TbsError } from '../domain/tbs-error.js';
import { UnixListenError } from '../endpoints/unix-listener.js';
import { type RunningDaemon, startDaemon } from './compose.js';
import {
  type Configuration,
  ConfigurationError,
  type LoadConfigurationOptions,
  loadConfiguration,
} from './configuration.js';
import { EXIT_CODES } from './exit-codes.js';
import { ownUid } from './own-user.js';
import { productVersion } from './product-version.js';

export type ServeOptions = Pick<LoadConfigurationOptions, 'path' | 'overrides' | 'mode'>;

/** Runs until it is asked to stop; gives the exit code. Problems are told on standard error, one line each. */
export async function serve(options: ServeOptions): Promise<number> {
  let configuration: Configuration;
  try {
    configuration = loadConfiguration({ ...options, env: process.env, uid: ownUid() });
  } catch (error) {
    return tellFailure(error);
  }
  // Nothing that the broker makes is for others; the sockets get their own permissions.
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

/** From now on a signal stops the daemon in order: at once when it runs, right after its start when it does not yet. */
function stopOnSignals(drainTimeoutMs: number): (daemon: RunningDaemon) => void {
  let running: RunningDaemon | undefined;
  let asked = false;
  // SIGHUP: the terminal in which it runs was closed.
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
  if (error instanceof ConfigurationError) {
    const place = error.file ?? 'configuration';
    for (const problem of error.problems) process.stderr.write(`tbsd: ${place}: ${problem}\n`);
    return EXIT_CODES.badConfiguration;
  }
  if (error instanceof UnixListenError) {
    process.stderr.write(`tbsd: ${error.message}\n`);
    return EXIT_CODES.inUse;
  }
  if (error instanceof TbsError) {
    process.stderr.write(`tbsd: ${error.symbol}: ${error.message} ${error.action}\n`);
    if (error.details['reason'] === 'inUse') return EXIT_CODES.inUse;
    return EXIT_BY_SYMBOL[error.symbol] ?? EXIT_CODES.ioError;
  }
  if (error instanceof AddonError) {
    process.stderr.write(`tbsd: ${error.message}\n`);
    return EXIT_CODES.internalError;
  }
  process.stderr.write(`tbsd: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return isPermissionError(error) ? EXIT_CODES.noPermission : EXIT_CODES.internalError;
}

const EXIT_BY_SYMBOL: Readonly<Partial<Record<TbsError['symbol'], number>>> = {
  TBS_E_TPM_NOT_FOUND: EXIT_CODES.tpmNotFound,
  TBS_E_BAD_PARAMETER: EXIT_CODES.badConfiguration,
  TBS_E_SERVICE_DISABLED: EXIT_CODES.badConfiguration,
  TBS_E_INTERNAL_ERROR: EXIT_CODES.internalError,
  TBS_E_ACCESS_DENIED: EXIT_CODES.noPermission,
};

function isPermissionError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}
