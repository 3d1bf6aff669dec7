/** What every command of `tbs` shares: the options of all, a connection, the exit code. */
import type { Argv } from 'yargs';
import { type BrokerClient, connectToBroker, findSocket } from './broker-client.js';

export interface CommonOptions {
  readonly json: boolean;
  readonly socket: string | undefined;
}

export function withCommonOptions<Options>(yargs: Argv<Options>): Argv<Options & CommonOptions> {
  return yargs
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON', global: true })
    .option('socket', { type: 'string', describe: 'Socket of the broker (or $TPMTBS_SOCKET)', global: true }) as Argv<
    Options & CommonOptions
  >;
}

/** For yargs' `coerce`, which gives NaN for what is no number. */
export function numberOption(option: string, isFit: (value: number) => boolean, expected: string) {
  return (value: number | undefined): number | undefined => {
    if (value === undefined || isFit(value)) return value;
    throw new Error(`--${option} wants ${expected}.`);
  };
}

/** Runs `action` with a connection, which is closed afterwards. What it gives is the exit code; nothing is 0. */
export async function withBroker(
  options: CommonOptions,
  action: (broker: BrokerClient) => Promise<number | undefined>,
): Promise<void> {
  const broker = await connectToBroker(await findSocket(options.socket, process.env));
  try {
    process.exitCode = (await action(broker)) ?? 0;
  } finally {
    broker.close();
  }
}
