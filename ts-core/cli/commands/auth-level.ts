import { unlinkSync } from 'node:fs';
import type { Argv } from 'yargs';
import { BrokerError } from '../../client/broker-error.js';
import type { TbsSymbol } from '../../domain/tbs-error.js';
import type { AuthLevel } from '../../endpoints/rpc/protocol/auth-level.js';
import { type CommonOptions, withBroker } from '../command.js';
import { confirm, withYes } from '../confirm.js';
import { printJson, printPairs } from '../output.js';

const LEVELS = { none: 0, delegated: 2, full: 4, 'lockout-only': 5 } as const;

/** `tbs auth-level get|set`: which owner authorization this machine stores. */
export function authLevelCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('auth-level', 'Show and set which owner authorization this machine stores', (args) =>
    args
      .command(
        'get',
        'Show the level in force and its source',
        (each) => each,
        (options) =>
          withBroker(options, async (broker) => printLevel(await broker.call('authLevel/get'), options.json)),
      )
      .command(
        'set <level>',
        'Set the level, unless policy sets it',
        (each) =>
          withYes(each)
            .positional('level', {
              choices: Object.keys(LEVELS) as (keyof typeof LEVELS)[],
              demandOption: true,
              describe: 'How much of the owner authorization to store',
            })
            .option('force', {
              type: 'boolean',
              default: false,
              describe: 'Set it even if the new authorization is stored nowhere',
            })
            .option('new-file', { type: 'string', describe: 'Write the new owner authorization to this file' }),
        (options) =>
          withBroker(options, async (broker) => {
            await confirmLoss(await broker.call('authLevel/get'), LEVELS[options.level], options);
            const newFile = options['new-file'];
            const newOwnerAuth = newFile === undefined ? undefined : await ownerAuthInNewFile(newFile);
            const params = { level: LEVELS[options.level], force: options.force, newOwnerAuth };
            try {
              return printLevel(await broker.call('authLevel/set', params), options.json);
            } catch (error) {
              // The value in the file was not set in the TPM. After any other error it may have been.
              if (newFile !== undefined && wasRefused(error)) unlinkSync(newFile);
              throw error;
            }
          }),
      )
      .demandCommand(1, 'Name one: get or set.'),
  ) as Argv<CommonOptions>;
}

/** Loaded here: no other command creates an owner authorization. */
async function ownerAuthInNewFile(path: string): Promise<string> {
  const { createOwnerAuthFile } = await import('../owner-auth-file.js');
  return createOwnerAuthFile(path);
}

/** Asks before stored values that the new level does not store are wiped. */
async function confirmLoss(
  current: AuthLevel,
  wanted: (typeof LEVELS)[keyof typeof LEVELS],
  options: { readonly yes: boolean },
): Promise<void> {
  if (wanted === current.level || wanted === LEVELS.full || current.level === LEVELS.none) return;
  await confirm(
    `The level is ${current.levelName} now. Stored values that the new level does not allow are wiped from this machine, and Delegated sets a new owner authorization, which invalidates every copy of the old one. Set it?`,
    options,
  );
}

const REFUSALS: ReadonlySet<string> = new Set<TbsSymbol>([
  'TBS_E_BAD_PARAMETER',
  'TBS_E_ACCESS_DENIED',
  'TBS_E_PROVISIONING_NOT_ALLOWED',
  'TBS_E_PROVISIONING_INCOMPLETE',
  'TPM_20_E_LOCKOUT',
  'TPM_E_DEFEND_LOCK_RUNNING',
]);

/** Returns whether the broker refused the change before anything was changed. */
function wasRefused(error: unknown): boolean {
  return error instanceof BrokerError && REFUSALS.has(error.symbol);
}

function printLevel(state: AuthLevel, json: boolean): undefined {
  if (json) printJson(state);
  else {
    printPairs([
      ['Level', `${state.levelName} (${state.level})`],
      ['Source', state.source],
      ['AD DS backup', state.activeDirectoryBackup ? 'on' : 'off'],
    ]);
  }
}
