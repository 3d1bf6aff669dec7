/** Asks before an operation that cannot be undone. If nobody can be asked, the answer is no. */
import type { Argv } from 'yargs';
import { CliFailure } from './cli-failure.js';
import { EXIT } from './exit-codes.js';

/** Adds `--yes` to a command that asks. */
export function withYes<Options>(yargs: Argv<Options>): Argv<Options & { readonly yes: boolean }> {
  return yargs.option('yes', {
    type: 'boolean',
    default: false,
    alias: 'y',
    describe: 'Answer the question with yes; without a terminal the answer is no',
  }) as Argv<Options & { readonly yes: boolean }>;
}

/** Resolves if the operation is confirmed. Rejects if the answer is no, or if nobody can be asked. */
export async function confirm(question: string, { yes }: { readonly yes: boolean }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw notDone(`${question} This cannot be asked without a terminal, so the answer is no.`, 'Give --yes to do it.');
  }
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw notDone('Nothing was done: the answer was no.', '');
}

/** Returns the line that was typed; empty if the input ends, or on Ctrl+C. */
async function ask(question: string): Promise<string> {
  // Loaded here: few commands ask.
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    terminal.on('close', () => resolve(''));
    terminal.on('SIGINT', () => terminal.close());
    terminal.question(question, (answer) => {
      resolve(answer);
      terminal.close();
    });
  });
}

function notDone(message: string, action: string): CliFailure {
  return new CliFailure(EXIT.refused, 'notConfirmed', message, action);
}
