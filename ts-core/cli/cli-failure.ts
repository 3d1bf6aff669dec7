/** Failures as `tbs` reports them: symbol, what happened, what to do, and the exit code. */
import { TBS_RESULTS } from '../domain/tbs-error.js';
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

export function notRunning(address: string): CliFailure {
  const { message, action } = TBS_RESULTS.TBS_E_SERVICE_NOT_RUNNING;
  return new CliFailure(EXIT.notRunning, 'TBS_E_SERVICE_NOT_RUNNING', `${message} (${address})`, action);
}

export function brokerGone(): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    'The broker ended the connection.',
    'See the log of tbsd: it stopped, or it refused this user or one connection too many.',
  );
}

/** The program closed the connection itself, but uses it again or still waits for an answer. */
export function connectionClosed(): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    'This program has closed its connection to the broker.',
    'Connect again.',
  );
}

/** The broker's backlog of connections is full: it has accepted none for a while. */
export function brokerAcceptsNothing(address: string): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    `The broker accepts no connections (${address}).`,
    'Its process is suspended or hangs; check it with systemctl status tpmtbs.',
  );
}

export function brokerSilent(seconds: number): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    `The broker has not responded for ${seconds} seconds.`,
    'Its process is suspended or hangs; check it with systemctl status tpmtbs. To wait longer, set --broker-timeout or $TPMTBS_BROKER_TIMEOUT.',
    { seconds },
  );
}
