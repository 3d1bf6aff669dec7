/** Failures as `tbs` reports them: symbol, what happened, what to do, and the exit code. */
import { BrokerError, type BrokerErrorKind } from '../client/broker-error.js';
import { EXIT } from './exit-codes.js';

export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  constructor(
    readonly exitCode: number,
    readonly symbol: string,
    message: string,
    readonly action: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

const EXIT_OF: Readonly<Record<BrokerErrorKind, number>> = {
  refused: EXIT.refused,
  noBroker: EXIT.notRunning,
  usage: EXIT.usage,
};

/** Returns any error as the failure that `tbs` reports. */
export function asCliFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof BrokerError) {
    return new CliFailure(EXIT_OF[error.kind], error.symbol, error.message, error.action, error.details);
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) {
    return new CliFailure(EXIT.internal, 'TBS_E_INTERNAL_ERROR', message ?? String(error), '');
  }
  // Node.js starts the message with the code.
  const what = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
  return new CliFailure(EXIT.usage, code, what, 'Name a file that you can access.');
}
