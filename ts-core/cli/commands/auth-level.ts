import { unlinkSync } from 'node:fs';
import type { Argv } from 'yargs';
import { TbsError } from '../../domain/tbs-error.js';
import { type AuthLevelState, authLevelGet, authLevelSet } from '../../endpoints/rpc/protocol/auth-level.js';
import { type CommonOptions, withBroker } from '../command.js';
import { printJson, printPairs } from '../output.js';
import { createOwnerAuthFile } from '../owner-auth-file.js';

const LEVELS = { none: 0, delegated: 2, full: 4, 'lockout-only': 5 } as const;

/** `tbs auth-level get|set`: how much owner authorization the machine keeps. */
export function authLevelCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('auth-level', 'Show and set how much owner authorization the machine keeps', (args) =>
    args
      .command(
        'get',
        'The level in force and where it comes from',
        (each) => each,
        (options) => withBroker(options, async (broker) => printLevel(await broker.call(authLevelGet), options.json)),
      )
      .command(
        'set <level>',
        'Set the level, unless policy does',
        (each) =>
          each
            .positional('level', { choices: Object.keys(LEVELS) as (keyof typeof LEVELS)[], demandOption: true })
            .option('force', {
              type: 'boolean',
              default: false,
              describe: 'Even when the new authorization is kept nowhere',
            })
            .option('new-file', { type: 'string', describe: 'Where the new owner authorization is written' }),
        (options) =>
          withBroker(options, async (broker) => {
            const newFile = options['new-file'];
            const newOwnerAuth = newFile === undefined ? undefined : createOwnerAuthFile(newFile);
            const params = { level: LEVELS[options.level], force: options.force, newOwnerAuth };
            try {
              return printLevel(await broker.call(authLevelSet, params), options.json);
            } catch (error) {
              // Refused: the value in the file is nobody's.
              if (newFile !== undefined && error instanceof TbsError) unlinkSync(newFile);
              throw error;
            }
          }),
      )
      .demandCommand(1, 'Name one: get or set.'),
  ) as Argv<CommonOptions>;
}

function printLevel(state: AuthLevelState, json: boolean): undefined {
  if (json) printJson(state);
  else {
    printPairs([
      ['Level', `${state.levelName} (${state.level})`],
      ['Source', state.source],
      ['AD DS backup', state.activeDirectoryBackup ? 'on' : 'off'],
    ]);
  }
}
