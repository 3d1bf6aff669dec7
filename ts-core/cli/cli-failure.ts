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
    'The log of tbsd says why: it stopped, or it refuses this user or so many connections.',
  );
}

/** Its backlog of connections is full: it has accepted none for a while. */
export function brokerAcceptsNothing(address: string): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    `The broker accepts no connections (${address}).`,
    'Its process is stopped or hangs (systemctl status tpmtbs).',
  );
}

export function brokerSilent(seconds: number): CliFailure {
  return new CliFailure(
    EXIT.notRunning,
    'TBS_E_SERVICE_NOT_RUNNING',
    `The broker has shown no sign of life for ${seconds} seconds.`,
    'Its process is stopped or hangs (systemctl status tpmtbs). To wait longer: --broker-timeout, or $TPMTBS_BROKER_TIMEOUT.',
    { seconds },
  );
}
