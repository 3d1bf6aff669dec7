/** Formats the error that ends tbsd, and chooses the exit code. Only a bug in the program shows a stack trace. */
import { AddonError } from '../adapters/addon-file.js';
import { TbsError } from '../domain/tbs-error.js';
import { UnixListenError } from '../endpoints/unix-listener.js';
import { ConfigurationError } from './configuration.js';
import { EXIT_CODES } from './exit-codes.js';
import { UnusablePlaceError } from './prepare-folders.js';

export interface FailureReport {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

export function describeFailure(error: unknown): FailureReport {
  if (error instanceof ConfigurationError) {
    const place = error.file ?? 'configuration';
    return { lines: error.problems.map((problem) => `${place}: ${problem}`), exitCode: EXIT_CODES.badConfiguration };
  }
  if (error instanceof UnusablePlaceError) {
    return { lines: [error.message], exitCode: error.permissionMissing ? EXIT_CODES.noPermission : EXIT_CODES.ioError };
  }
  if (error instanceof UnixListenError) return { lines: [error.message], exitCode: exitCodeOfListening(error) };
  if (error instanceof TbsError) return describeTbsError(error);
  if (error instanceof AddonError) return { lines: [error.message], exitCode: EXIT_CODES.internalError };
  if (isSystemError(error)) return { lines: [error.message], exitCode: exitCodeOf(error) };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { lines: [text], exitCode: EXIT_CODES.internalError };
}

const EXIT_BY_SYMBOL: Readonly<Partial<Record<TbsError['symbol'], number>>> = {
  TBS_E_TPM_NOT_FOUND: EXIT_CODES.tpmNotFound,
  TBS_E_BAD_PARAMETER: EXIT_CODES.badConfiguration,
  TBS_E_SERVICE_DISABLED: EXIT_CODES.badConfiguration,
  TBS_E_INTERNAL_ERROR: EXIT_CODES.internalError,
  TBS_E_ACCESS_DENIED: EXIT_CODES.noPermission,
};

function describeTbsError(error: TbsError): FailureReport {
  const { symbol, message, action, cause } = error;
  // An internal error hides its reason from callers, but whoever starts the broker may see it.
  const reason = symbol === 'TBS_E_INTERNAL_ERROR' && isSystemError(cause) ? ` (${cause.message})` : '';
  return { lines: [`${symbol}: ${message}${reason} ${action}`], exitCode: exitCodeOfTbsError(error) };
}

function exitCodeOfTbsError({ symbol, details, cause }: TbsError): number {
  if (details['reason'] === 'inUse') return EXIT_CODES.inUse;
  // A person has to decide what to do with the state, so the service manager should not try again.
  if (details['reason'] === 'newerState') return EXIT_CODES.badConfiguration;
  if (symbol === 'TBS_E_INTERNAL_ERROR' && isSystemError(cause)) return exitCodeOf(cause);
  return EXIT_BY_SYMBOL[symbol] ?? EXIT_CODES.ioError;
}

function exitCodeOfListening({ fault, cause }: UnixListenError): number {
  if (fault === 'pathTooLong') return EXIT_CODES.badConfiguration;
  return isSystemError(cause) ? exitCodeOf(cause) : EXIT_CODES.inUse;
}

type SystemError = Error & { readonly code: string; readonly syscall: string };

/** An error of a system call; its message names the call and the path. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function exitCodeOf({ code }: SystemError): number {
  if (code === 'EACCES' || code === 'EPERM') return EXIT_CODES.noPermission;
  return code === 'EADDRINUSE' ? EXIT_CODES.inUse : EXIT_CODES.ioError;
}
