/** The `tbs` command. */
import process from 'node:process';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { productVersion } from '../daemon/product-version.js';
import { asCliFailure, CliFailure } from './cli-failure.js';
import { type CommonOptions, withCommonOptions } from './command.js';
import { actionCommand } from './commands/action.js';
import { authLevelCommand } from './commands/auth-level.js';
import { blockCommand, grantCommands } from './commands/block.js';
import { dscCommand } from './commands/dsc.js';
import { eventsCommand } from './commands/events.js';
import { lockoutCommand } from './commands/lockout.js';
import { policyCommand } from './commands/policy.js';
import { reportCommand } from './commands/report.js';
import { resourcesCommand } from './commands/resources.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { submitCommand } from './commands/submit.js';
import { topCommand } from './commands/top.js';
import { tpmCommand } from './commands/tpm.js';
import { EXIT } from './exit-codes.js';
import { countMissingArguments, missingArguments } from './missing-argument.js';

/** Runs one command and ends the process with its exit code, even if something is still open. */
export async function main(argv: readonly string[]): Promise<never> {
  endQuietlyWhenNobodyReads();
  const base = addCommands(yargs(hideBin([...argv])).scriptName('tbs'));
  countMissingArguments(base);
  base
    .version(productVersion())
    .demandCommand(1, 'Name a command; see tbs --help.')
    .strict()
    .middleware(lastOfRepeated, true)
    .recommendCommands()
    .exitProcess(false)
    .fail((message, error, { help }) => {
      // YError: thrown by yargs itself and by an option's `coerce`.
      if (error !== undefined && error.name !== 'YError') throw error;
      const text = message ?? error?.message;
      // At run time `help` is synchronous here: it returns the text of the command that failed.
      throw (
        missingArguments(text, help() as unknown as string) ??
        new CliFailure(EXIT.usage, 'usage', text, 'See `tbs --help`.')
      );
    });
  try {
    await base.parseAsync();
  } catch (error) {
    tell(error, argv.includes('--json'));
  }
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

/** Defines every command and what all of them share; packaging/man/command-line.mjs reads the manual page from it. */
export function addCommands(yargs: Argv): Argv<CommonOptions> {
  const base = withCommonOptions(yargs);
  serveCommand(base);
  for (const add of [
    statusCommand,
    submitCommand,
    actionCommand,
    blockCommand,
    grantCommands,
    lockoutCommand,
    policyCommand,
    authLevelCommand,
    dscCommand,
    eventsCommand,
    reportCommand,
    resourcesCommand,
    topCommand,
    tpmCommand,
  ]) {
    add(base);
  }
  return base
    .completion('completion', 'Print the completion script for bash or zsh')
    .epilog(
      'Exit codes: 0 done, 1 refused, 2 the answer is no, 3 degraded and 4 down (status), 64 wrong usage, 69 no broker, 70 internal error',
    );
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** Options that take several values. Of any other option given twice the last one counts, as in most programs. */
const LISTS: ReadonlySet<string> = new Set(['_', 'command', 'kind', 'setting']);

function lastOfRepeated(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Array.isArray(value) && !LISTS.has(name)) options[name] = value.at(-1);
  }
}

function tell(error: unknown, json: boolean): void {
  const { symbol, message, action, details, exitCode } = asCliFailure(error);
  process.exitCode = exitCode;
  if (json) process.stderr.write(`${JSON.stringify({ symbol, message, action, details })}\n`);
  else process.stderr.write(`tbs: ${symbol}: ${message}\n${action === '' ? '' : `  ${action}\n`}`);
}

/** The reader of the output may stop early (`tbs block list | head -1`); that is not an error. */
function endQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.ok);
    });
  }
}
