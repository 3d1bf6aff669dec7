/** Why a call or a connection fails: symbol, what happened, and what to do. */
import { TBS_RESULTS } from '../domain/tbs-error.js';

/**
 * `refused`: the broker refused, or nobody may trust it; `noBroker`: no broker answers, or the connection is closed;
 * `usage`: an environment variable of the program has an invalid value.
 */
export type BrokerErrorKind = 'refused' | 'noBroker' | 'usage';

/** What the broker refused, or why it cannot be reached. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  constructor(
    readonly kind: BrokerErrorKind,
    /** The name of the result, for instance `TPM_E_COMMAND_BLOCKED`; docs/errors.md lists all of them. */
    readonly symbol: string,
    message: string,
    /** What to do about it; may be empty. */
    readonly action: string,
    /** Facts by name, such as the list that blocks a command. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** @internal */
export function notRunning(address: string): BrokerError {
  const { message, action } = TBS_RESULTS.TBS_E_SERVICE_NOT_RUNNING;
  return noBroker(`${message} (${address})`, action);
}

/** @internal */
export function brokerGone(): BrokerError {
  return noBroker(
    'The broker ended the connection.',
    'See the log of tbsd: it stopped, or it refused this user or one connection too many.',
  );
}

/** Creates the error for a program that uses a connection, or waits for an answer on it, after closing it.
 * @internal
 */
export function connectionClosed(): BrokerError {
  return noBroker('This program has closed its connection to the broker.', 'Connect again.');
}

/** Creates the error for a full backlog of connections: the broker has accepted none for a while.
 * @internal
 */
export function brokerAcceptsNothing(address: string): BrokerError {
  return noBroker(
    `The broker accepts no connections (${address}).`,
    'Its process is suspended or hangs; check it with systemctl status tpmtbs.',
  );
}

/** @internal */
export function brokerSilent(seconds: number): BrokerError {
  return noBroker(
    `The broker has not responded for ${seconds} seconds.`,
    'Its process is suspended or hangs; check it with systemctl status tpmtbs. To wait longer, set --broker-timeout or $TPMTBS_BROKER_TIMEOUT.',
    { seconds },
  );
}

function noBroker(message: string, action: string, details: Readonly<Record<string, unknown>> = {}): BrokerError {
  return new BrokerError('noBroker', 'TBS_E_SERVICE_NOT_RUNNING', message, action, details);
}
