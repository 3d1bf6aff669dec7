import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { EVENT_KINDS } from '../../domain/event-kind.js';
import type { EventAction, EventActionRun } from '../../endpoints/rpc/protocol/event-action.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { printJson, printLine, printPairs, printTable } from '../output.js';

/** Of a hash on a terminal. */
const SHOWN_DIGITS = 12;

/** `tbs action list|register|unregister|test`: scripts that the broker's events start. */
export function actionCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('action', 'Show and change the scripts that events start', (args) =>
    testOne(unregister(register(listAll(args)))).demandCommand(1, 'Name one: list, register, unregister or test.'),
  ) as Argv<CommonOptions>;
}

function listAll(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'list',
    'List the actions with state, hash and figures',
    (args) => args,
    (options) =>
      withBroker(options, async (broker) => {
        const { actions } = await broker.call('eventAction/list');
        if (options.json) printJson(actions);
        else printActions(actions);
        return undefined;
      }),
  );
}

function register(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'register <script>',
    'Run a script when events of certain kinds are raised',
    (args) =>
      args
        .positional('script', { type: 'string', demandOption: true, describe: 'A file that only root can change' })
        .option('kind', {
          array: true,
          demandOption: true,
          choices: EVENT_KINDS,
          describe: 'Kinds of events',
        })
        .option('name', { type: 'string', describe: 'Name of the action (default: that of the script)' }),
    (options) =>
      withBroker(options, async (broker) => {
        const { kind: kinds, name } = options;
        const action = await broker.call('eventAction/register', {
          name,
          kinds,
          path: resolve(String(options.script)),
        });
        if (options.json) printJson(action);
        else printActions([action]);
        return undefined;
      }),
  ) as Argv<CommonOptions>;
}

function unregister(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'unregister <name>',
    'Remove an action; its script stays',
    (args) => args.positional('name', { type: 'string', demandOption: true, describe: 'The name of the action' }),
    (options) =>
      withBroker(options, async (broker) => {
        const { removed } = await broker.call('eventAction/unregister', { name: String(options.name) });
        if (options.json) printJson({ removed });
        else printLine(removed ? 'Unregistered.' : 'There is no action of this name.');
        return removed ? EXIT.ok : EXIT.no;
      }),
  ) as Argv<CommonOptions>;
}

function testOne(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'test <name>',
    'Run an action with a sample event; exit code 2 if it fails',
    (args) => args.positional('name', { type: 'string', demandOption: true, describe: 'The name of the action' }),
    (options) =>
      withBroker(options, async (broker) => {
        const run = await broker.call('eventAction/test', { name: String(options.name) });
        if (options.json) printJson(run);
        else printRun(run);
        return run.result === 'succeeded' ? EXIT.ok : EXIT.no;
      }),
  ) as Argv<CommonOptions>;
}

function printActions(actions: readonly EventAction[]): void {
  printTable(actions, [
    { title: 'Name', value: ({ name }) => name },
    {
      title: 'State',
      value: ({ state }) => state,
      style: ({ state }) => (state === 'enabled' ? 'green' : 'red'),
    },
    { title: 'Runs', value: ({ runs }) => `${runs}` },
    { title: 'Failures', value: ({ failures }) => `${failures}` },
    ...(process.stdout.isTTY && actions.every(({ dropped }) => dropped === 0)
      ? []
      : [{ title: 'Dropped', value: ({ dropped }: EventAction) => `${dropped}` }]),
    { title: 'Kinds', value: ({ kinds }) => kinds.join(', '), flexible: true },
    { title: 'SHA-256', value: ({ sha256 }) => (process.stdout.isTTY ? shortHash(sha256 ?? '') : (sha256 ?? '')) },
    { title: 'Script', value: ({ path }) => path, flexible: true },
  ]);
  for (const { name, reason } of actions) if (reason !== null) printLine(`${name}: ${reason}`);
}

/** Returns the first digits, as Get-TbsEventAction's view shows them. */
function shortHash(hash: string): string {
  return hash.length <= SHOWN_DIGITS ? hash : `${hash.slice(0, SHOWN_DIGITS)}…`;
}

function printRun({ result, durationMs, sha256, output, error }: EventActionRun): void {
  printPairs([
    ['Result', result],
    ['Duration', `${Math.round(durationMs)} ms`],
    ...(sha256 === null ? [] : [['SHA-256', sha256] as const]),
    ...(error === null ? [] : [['Error', error] as const]),
  ]);
  if (output !== '') printLine(`\n${output}`);
}
