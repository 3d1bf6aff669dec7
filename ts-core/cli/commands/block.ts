import type { Argv } from 'yargs';
import type { CommandBlock, CommandVerdict, ListChange } from '../../endpoints/rpc/protocol/command-block.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { printJson, printLine, printPairs, printTable } from '../output.js';

const CLASSES = {
  administrator: 'administrator',
  'standard-user': 'standardUser',
  'sandboxed-app': 'sandboxedApp',
} as const;
type ClassOption = keyof typeof CLASSES;
const CLASS_OPTIONS = Object.keys(CLASSES) as ClassOption[];
/** A string for yargs, which would otherwise read 2.0 as the number 2. */
const TPM_OPTION = { type: 'string', choices: ['1.2', '2.0'] } as const;
const COMMANDS = { type: 'string', array: true, demandOption: true, describe: 'Names or codes' } as const;

/** `tbs block list|add|remove|test`: the command filter. */
export function blockCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('block', 'Show and change which commands are blocked', (args) =>
    addAndRemove(testOne(listAll(args))).demandCommand(1, 'Name one: list, add, remove or test.'),
  ) as Argv<CommonOptions>;
}

/** `tbs grant` and `tbs revoke`: what the machine grants to a caller class. */
export function grantCommands(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return [
    { name: 'grant', describe: 'Grant commands to a caller class', method: 'commandGrant/add' as const },
    { name: 'revoke', describe: 'Withdraw granted commands', method: 'commandGrant/remove' as const },
  ].reduce(
    (args, { name, describe, method }) =>
      args.command(
        `${name} <command..>`,
        describe,
        (options) =>
          options
            .positional('command', COMMANDS)
            .option('class', { choices: CLASS_OPTIONS, demandOption: true, describe: 'Caller class' }),
        (options) =>
          withBroker(options, async (broker) => {
            const change = await broker.call(method, {
              commands: options.command.map(String),
              callerClass: CLASSES[options.class],
            });
            return printChange(change, options.json);
          }),
      ),
    yargs,
  );
}

function listAll(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'list',
    'List every known command with its verdict for each caller class',
    (args) =>
      args
        .option('blocked', {
          type: 'boolean',
          default: false,
          describe: 'Only commands that are blocked for some class',
        })
        .option('tpm', { ...TPM_OPTION, describe: 'Commands of this TPM version' }),
    (options) =>
      withBroker(options, async (broker) => {
        const { commands } = await broker.call('commandBlock/list', { tpmVersion: options.tpm });
        const shown = options.blocked
          ? commands.filter(({ verdicts }) => verdicts.some(({ allowed }) => !allowed))
          : commands;
        if (options.json) printJson(shown);
        else printCommands(shown);
        return undefined;
      }),
  );
}

function addAndRemove(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return [
    { name: 'add', describe: 'Block commands locally', method: 'commandBlock/add' as const },
    { name: 'remove', describe: 'Remove commands from the local list', method: 'commandBlock/remove' as const },
  ].reduce(
    (args, { name, describe, method }) =>
      args.command(
        `${name} <command..>`,
        describe,
        (options) => options.positional('command', COMMANDS),
        (options) =>
          withBroker(options, async (broker) => {
            const change = await broker.call(method, { commands: options.command.map(String) });
            return printChange(change, options.json);
          }),
      ),
    yargs,
  );
}

function testOne(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'test <command>',
    'Show whether a command is blocked, why, and what would unblock it',
    (args) =>
      args
        .positional('command', { type: 'string', demandOption: true, describe: 'A name or code' })
        .option('class', { choices: CLASS_OPTIONS, describe: 'Caller class (default: your own)' })
        .option('tpm', { ...TPM_OPTION, describe: 'TPM version whose command it is' })
        .epilog('Exit code 2: the command is blocked.'),
    (options) =>
      withBroker(options, async (broker) => {
        const entry = await broker.call('commandBlock/test', {
          command: String(options.command),
          callerClass: options.class === undefined ? undefined : CLASSES[options.class],
          tpmVersion: options.tpm,
        });
        if (options.json) printJson(entry);
        else printVerdict(entry);
        return entry.verdicts.every(({ allowed }) => allowed) ? EXIT.ok : EXIT.no;
      }),
  );
}

function printChange(change: ListChange, json: boolean): undefined {
  if (json) printJson(change);
  else printCommands(change.commands);
  return undefined;
}

function printCommands(commands: readonly CommandBlock[]): void {
  const column = (title: string, callerClass: CommandVerdict['callerClass']) => ({
    title,
    value: (entry: CommandBlock) => verdictWord(verdictOf(entry, callerClass)),
    style: (entry: CommandBlock) => (verdictOf(entry, callerClass)?.allowed ? ('green' as const) : ('red' as const)),
  });
  printTable(commands, [
    {
      title: 'Code',
      value: ({ code, tpmVersion }) => (tpmVersion === '2.0' ? `0x${code.toString(16).toUpperCase()}` : `${code}`),
    },
    { title: 'Command', value: ({ name }) => name ?? '(unnamed)', flexible: true },
    column('Admin', 'administrator'),
    column('User', 'standardUser'),
    column('App', 'sandboxedApp'),
  ]);
}

function verdictOf({ verdicts }: CommandBlock, callerClass: string): CommandVerdict | undefined {
  return verdicts.find((verdict) => verdict.callerClass === callerClass);
}

function verdictWord(verdict: CommandVerdict | undefined): string {
  if (verdict === undefined) return '';
  if (verdict.allowed) return verdict.condition === null ? 'allowed' : 'limited';
  const { decidingList } = verdict;
  return decidingList === 'notAllowed' || decidingList === 'default' ? 'blocked' : `blocked (${decidingList})`;
}

function printVerdict({ name, code, verdicts }: CommandBlock): void {
  for (const verdict of verdicts) {
    printPairs([
      ['Command', `${name ?? '(unnamed)'} 0x${code.toString(16).toUpperCase()}`],
      ['Class', verdict.callerClass],
      ['Verdict', verdict.allowed ? 'allowed' : 'blocked'],
      ['Reason', verdict.reason],
      ['Source', verdict.source ?? ''],
      ...(verdict.condition === null ? [] : [['Condition', verdict.condition] as const]),
      ...(verdict.liftedBy === null ? [] : [['Lifted by', verdict.liftedBy] as const]),
    ]);
    printLine();
    printTable(verdict.statements, [
      { title: 'List', value: ({ list }) => list },
      { title: 'Says', value: ({ effect, inForce }) => (inForce ? effect : `${effect} (ignored)`) },
      { title: 'Source', value: ({ source }) => source },
      { title: 'Reason', value: ({ reason }) => reason, flexible: true },
    ]);
  }
}
