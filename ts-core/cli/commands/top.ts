import { setTimeout as wait } from 'node:timers/promises';
import type { Argv } from 'yargs';
import { CliFailure } from '../cli-failure.js';
import { brokerConnector, type CommonOptions, numberOption } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { printLine } from '../output.js';

const LONGEST_INTERVAL_SECONDS = 60;

/** `tbs top`: a live view of the broker in the terminal, or snapshots as JSON. */
export function topCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'top',
    'Watch the TPM, its queue, who holds what, and refusals',
    (args) =>
      args
        .option('interval', {
          type: 'number',
          default: 5,
          describe: 'Seconds between two updates',
          coerce: numberOption(
            'interval',
            (value) => Number.isInteger(value) && value >= 1 && value <= LONGEST_INTERVAL_SECONDS,
            `a whole number of seconds from 1 to ${LONGEST_INTERVAL_SECONDS}`,
          ),
        })
        .option('count', {
          type: 'number',
          describe: 'With --json: end after this many snapshots',
          coerce: numberOption('count', (value) => Number.isInteger(value) && value >= 1, 'a whole number above 0'),
        }),
    async ({ json, interval, count, ...options }) => {
      if (!json && !(process.stdout.isTTY && process.stdin.isTTY)) {
        throw new CliFailure(EXIT.usage, 'usage', 'tbs top draws on a terminal.', 'Use --json in scripts.');
      }
      const { BrokerWatch } = await import('../top/broker-watch.js');
      const watch = new BrokerWatch(brokerConnector(options));
      const seconds = interval as number;
      try {
        if (json) {
          await printSnapshots(watch, seconds, count ?? Number.POSITIVE_INFINITY);
        } else {
          // The socket must exist at the start; later, `tbs top` waits for a broker that has stopped.
          await watch.broker();
          // React reads it when it is loaded. Its development mode would take a third of the processor time.
          process.env['NODE_ENV'] ??= 'production';
          const { runTop } = await import('../top/run-top.js');
          await runTop(watch, seconds);
        }
      } finally {
        watch.close();
      }
    },
  );
}

async function printSnapshots(
  watch: { snapshot(seconds: number): Promise<object> },
  seconds: number,
  count: number,
): Promise<void> {
  for (let taken = 0; taken < count; taken++) {
    if (taken > 0) await wait(seconds * 1000);
    printLine(JSON.stringify(await watch.snapshot(seconds)));
  }
}
