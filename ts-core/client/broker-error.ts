import { CliFailure } from '../cli/cli-failure.js';

/** What the broker refused, or why it cannot be reached. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  constructor(
    /** The name of the result, for instance `TPM_E_COMMAND_BLOCKED`; docs/errors.md lists all of them. */
    readonly symbol: string,
    message: string,
    /** What to do about it; may be empty. */
    readonly action: string,
    /** Facts by name, such as the list that blocks a command. */
    readonly details: Readonly<Record<string, unknown>>,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** Resolves as the promise does, and rejects with a BrokerError where the connection rejects with a failure of `tbs`.
 * @internal
 */
export async function withBrokerErrors<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    throw new BrokerError(error.symbol, error.message, error.action, error.details, { cause: error });
  }
}
