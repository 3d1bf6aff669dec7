/** The `tbs` command. */
import process from 'node:process';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { productVersion } from '../daemon/product-version.js';
import { CliFailure } from './broker-client.js';
import { withCommonOptions } from './command.js';
import { authLevelCommand } from './commands/auth-level.js';
import { blockCommand, grantCommands } from './commands/block.js';
import { eventsCommand } from './commands/events.js';
import { lockoutCommand } from './commands/lockout.js';
import { policyCommand } from './commands/policy.js';
import { resourcesCommand } from './commands/resources.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { submitCommand } from './commands/submit.js';
import { EXIT } from './exit-codes.js';

export async function main(argv: readonly string[]): Promise<void> {
  const base = withCommonOptions(yargs(hideBin([...argv])).scriptName('tbs'));
  serveCommand(base);
  for (const add of [
    statusCommand,
    submitCommand,
    blockCommand,
    grantCommands,
    lockoutCommand,
    policyCommand,
    authLevelCommand,
    eventsCommand,
    resourcesCommand,
  ]) {
    add(base);
  }
  base
    .version(productVersion())
    .completion('completion', 'Print the completion script for bash or zsh')
    .demandCommand(1, 'Name a command; see tbs --help.')
    .strict()
    .recommendCommands()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new CliFailure(EXIT.usage, 'usage', message, 'See `tbs --help`.');
    })
    .epilog('Exit codes: 0 done, 1 refused, 2 the answer is no, 64 wrong usage, 69 no broker');
  try {
    await base.parseAsync();
  } catch (error) {
    tell(error, argv.includes('--json'));
  }
}

function tell(error: unknown, json: boolean): void {
  if (!(error instanceof CliFailure)) {
    process.stderr.write(`tbs: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.refused;
    return;
  }
  const { symbol, message, action, details } = error;
  process.exitCode = error.exitCode;
  if (json) process.stderr.write(`${JSON.stringify({ symbol, message, action, details })}\n`);
  else process.stderr.write(`tbs: ${symbol}: ${message}\n${action === '' ? '' : `  ${action}\n`}`);
}
