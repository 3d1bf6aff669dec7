import type { Argv } from 'yargs';
import type { RaisedEvent } from '../../endpoints/rpc/protocol/event.js';
import { type CommonOptions, numberOption, withBroker } from '../command.js';
import { paint, printLine } from '../output.js';

/** `tbs events`: shows past decisions of the broker, and follows new ones. */
export function eventsCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'events',
    'Show decisions: refusals, lockouts, changes',
    (args) =>
      args
        .option('recent', {
          type: 'number',
          default: 50,
          describe: 'How many past events to show',
          coerce: numberOption('recent', (value) => Number.isInteger(value) && value >= 0, 'a number from 0 to 1000'),
        })
        .option('follow', { type: 'boolean', alias: 'f', default: false, describe: 'Follow new events until Ctrl+C' }),
    (options) =>
      withBroker(options, async (broker) => {
        broker.onNotification('event/raised', (event) => printEvent(event, options.json));
        const { recent } = await broker.call('event/subscribe', { recent: options.recent, follow: options.follow });
        for (const event of recent) printEvent(event, options.json);
        if (!options.follow) return undefined;
        return broker.untilEnded();
      }),
  );
}

function printEvent(event: RaisedEvent, json: boolean): void {
  if (json) {
    printLine(JSON.stringify(event));
    return;
  }
  if (event.lost !== undefined) printLine(paint('yellow', `(${event.lost} events were lost)`));
  const who = event.userKey ?? 'broker';
  printLine(`${paint('gray', event.time)} ${paint('cyan', event.kind)} ${who}: ${event.message}`);
}
