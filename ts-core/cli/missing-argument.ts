/** Names the arguments that a command of `tbs` lacks, with an example, where yargs only counts them. */
import type { Argv } from 'yargs';
import { CliFailure } from './cli-failure.js';
import { EXIT } from './exit-codes.js';

/** One example for each command that needs an argument. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  'tbs action register': '/etc/tpmtbs/actions.d/notify.ps1 --kind lockoutBegan',
  'tbs action unregister': 'notify',
  'tbs action test': 'notify',
  'tbs auth-level set': 'delegated',
  'tbs block add': 'TPM2_Sign',
  'tbs block remove': 'TPM2_Sign',
  'tbs block test': 'TPM2_Clear --class standard-user',
  'tbs dsc': 'policy get',
  'tbs grant': 'TPM2_Clear --class standard-user',
  'tbs policy import': 'Registry.pol',
  'tbs policy report': 'policy.html',
  'tbs policy set': 'maxContexts=64',
  'tbs policy test': 'policy.json',
  'tbs report': 'tpm.html',
  'tbs revoke': 'TPM2_Clear --class standard-user',
};

/** What yargs calls too few arguments, and what it is to say instead: numbers that no language changes. */
const TOO_FEW = 'Not enough non-option arguments: got %s, need at least %s';
const COUNTS = 'arguments: %s of %s';
const COUNTS_PATTERN = /^arguments: (\d+) of \d+$/;

/** Prepares yargs, in whatever language it reports, for `missingArguments`. */
export function countMissingArguments(yargs: Argv): void {
  yargs.updateStrings({ [TOO_FEW]: { one: COUNTS, other: COUNTS } as unknown as string });
}

/** Returns the failure that names the missing arguments; undefined if the message is about something else. */
export function missingArguments(message: string, help: string): CliFailure | undefined {
  const given = COUNTS_PATTERN.exec(message)?.[1];
  if (given === undefined) return undefined;
  // The help starts with the command and its arguments: `tbs dsc <resource> <operation>`.
  const syntax = help.split('\n', 1)[0] as string;
  const missing = [...syntax.matchAll(/<[^>]+>/g)].map(([argument]) => argument.replace('..', '')).slice(Number(given));
  const command = syntax.replace(/ [<[].*$/, '');
  const example = EXAMPLES[command];
  return new CliFailure(
    EXIT.usage,
    'usage',
    `${missing.join(' and ')} is missing: ${syntax}`.replace(/^(.* and .*) is/, '$1 are'),
    example === undefined ? `See \`${command} --help\`.` : `For example: ${command} ${example}`,
  );
}
