/** What all commands of `tbs` share: common options, the connection, the exit code. */
import type { Argv } from 'yargs';
import type { BrokerClient } from '../client/broker-client.js';
import { isSilenceLimit, SILENCE_LIMITS, silenceLimitMs } from '../client/silence-limit.js';

export interface CommonOptions {
  readonly json: boolean;
  readonly socket: string | undefined;
  readonly brokerTimeout: number | undefined;
}

export function withCommonOptions<Options>(yargs: Argv<Options>): Argv<Options & CommonOptions> {
  return yargs
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON', global: true })
    .option('socket', { type: 'string', describe: 'Socket of the broker (or $TPMTBS_SOCKET)', global: true })
    .option('broker-timeout', {
      type: 'number',
      describe: 'Give up if the broker does not respond for this many seconds (or $TPMTBS_BROKER_TIMEOUT; 30)',
      global: true,
      coerce: numberOption('broker-timeout', isSilenceLimit, SILENCE_LIMITS),
    }) as unknown as Argv<Options & CommonOptions>;
}

/** For yargs' `coerce`, which passes NaN for anything but a number. */
export function numberOption(option: string, isFit: (value: number) => boolean, expected: string) {
  return (value: number | undefined): number | undefined => {
    if (value === undefined || isFit(value)) return value;
    throw new Error(`--${option} must be ${expected}.`);
  };
}

/**
 * Runs `action` with a connection, which is closed afterwards. The action's result is the exit code; undefined is 0.
 */
export async function withBroker(
  options: CommonOptions,
  action: (broker: BrokerClient) => Promise<number | undefined>,
): Promise<void> {
  const broker = await brokerConnector(options)();
  try {
    process.exitCode = (await action(broker)) ?? 0;
  } finally {
    broker.close();
  }
}

/** Returns a function that opens a connection to the broker that the options name. */
export function brokerConnector(options: Pick<CommonOptions, 'socket' | 'brokerTimeout'>): () => Promise<BrokerClient> {
  return async () => {
    // Loaded here: help and completion need no connection.
    const [{ connectToBroker }, { findSocket }] = await Promise.all([
      import('../client/broker-client.js'),
      import('../client/trusted-socket.js'),
    ]);
    const limitMs = silenceLimitMs(options.brokerTimeout, process.env);
    return connectToBroker(await findSocket(options.socket, process.env), limitMs);
  };
}
