import { unlinkSync } from 'node:fs';
import type { Argv } from 'yargs';
import type { TbsSymbol } from '../../domain/tbs-error.js';
import type { AuthLevel } from '../../endpoints/rpc/protocol/auth-level.js';
import { CliFailure } from '../cli-failure.js';
import { type CommonOptions, withBroker } from '../command.js';
import { confirm, withYes } from '../confirm.js';
import { printJson, printPairs } from '../output.js';

const LEVELS = { none: 0, delegated: 2, full: 4, 'lockout-only': 5 } as const;

/** `tbs auth-level get|set`: how much owner authorization the machine keeps. */
export function authLevelCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('auth-level', 'Show and set how much owner authorization the machine keeps', (args) =>
    args
      .command(
        'get',
        'The level in force and where it comes from',
        (each) => each,
        (options) =>
          withBroker(options, async (broker) => printLevel(await broker.call('authLevel/get'), options.json)),
      )
      .command(
        'set <level>',
        'Set the level, unless policy does',
        (each) =>
          withYes(each)
            .positional('level', { choices: Object.keys(LEVELS) as (keyof typeof LEVELS)[], demandOption: true })
            .option('force', {
              type: 'boolean',
              default: false,
              describe: 'Even when the new authorization is kept nowhere',
            })
            .option('new-file', { type: 'string', describe: 'Where the new owner authorization is written' }),
        (options) =>
          withBroker(options, async (broker) => {
            await confirmLoss(await broker.call('authLevel/get'), LEVELS[options.level], options);
            const newFile = options['new-file'];
            const newOwnerAuth = newFile === undefined ? undefined : await ownerAuthInNewFile(newFile);
            const params = { level: LEVELS[options.level], force: options.force, newOwnerAuth };
            try {
              return printLevel(await broker.call('authLevel/set', params), options.json);
            } catch (error) {
              // The value in the file is nobody's then. After any other error the TPM may have it.
              if (newFile !== undefined && wasRefused(error)) unlinkSync(newFile);
              throw error;
            }
          }),
      )
      .demandCommand(1, 'Name one: get or set.'),
  ) as Argv<CommonOptions>;
}

/** Loaded here: no other command makes an owner authorization. */
async function ownerAuthInNewFile(path: string): Promise<string> {
  const { createOwnerAuthFile } = await import('../owner-auth-file.js');
  return createOwnerAuthFile(path);
}

/** What is stored at the level in force and not at the wanted one is wiped. */
async function confirmLoss(
  current: AuthLevel,
  wanted: (typeof LEVELS)[keyof typeof LEVELS],
  options: { readonly yes: boolean },
): Promise<void> {
  if (wanted === current.level || wanted === LEVELS.full || current.level === LEVELS.none) return;
  await confirm(
    `The level is ${current.levelName} now. What the new one does not keep of the owner authorization is wiped from this machine, and at Delegated a new owner authorization voids every copy of the old one. Set it?`,
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

/** Refused before anything has changed. */
function wasRefused(error: unknown): boolean {
  return error instanceof CliFailure && REFUSALS.has(error.symbol);
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
