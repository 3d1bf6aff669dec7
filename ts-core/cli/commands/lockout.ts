import type { Argv } from 'yargs';
import type { Lockout } from '../../endpoints/rpc/protocol/lockout.js';
import { type CommonOptions, withBroker } from '../command.js';
import { printJson, printLine, printPairs, printTable } from '../output.js';

/** `tbs lockout show|reset`: the failures of standard users. */
export function lockoutCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('lockout', 'Show and reset the lockout of standard users', (args) =>
    args
      .command(
        'show',
        'Show the counted failures and when they leave the window',
        (each) => each,
        (options) =>
          withBroker(options, async (broker) => printLockout(await broker.call('lockout/get'), options.json)),
      )
      .command(
        'reset [user]',
        'Clear the failures of one user, or of all',
        (each) => each.positional('user', { type: 'string', describe: 'Name or number (default: all users)' }),
        (options) =>
          withBroker(options, async (broker) => {
            const user = options.user === undefined ? undefined : String(options.user);
            return printLockout(await broker.call('lockout/reset', { user }), options.json);
          }),
      )
      .demandCommand(1, 'Name one: show or reset.'),
  ) as Argv<CommonOptions>;
}

function printLockout(state: Lockout, json: boolean): undefined {
  if (json) {
    printJson(state);
    return;
  }
  printPairs([
    ['Window', `${state.durationMinutes} minutes`],
    ['Thresholds', `${state.individualThreshold} of one user, ${state.totalThreshold} in all`],
    [
      'Failures',
      `${state.totalFailures}${state.totalLockedOut ? `, all standard users are locked out until ${state.totalFreesAt ?? 'reset'}` : ''}`,
    ],
  ]);
  for (const note of state.notes) printLine(note);
  if (state.users.length === 0) return;
  printLine();
  printTable(state.users, [
    { title: 'User', value: ({ userName, userKey }) => (userName === null ? userKey : `${userName} (${userKey})`) },
    { title: 'Failures', value: ({ failures }) => `${failures}` },
    {
      title: 'State',
      value: ({ lockedOut, freesAt }) => (lockedOut ? `locked out until ${freesAt ?? 'reset'}` : 'open'),
      style: ({ lockedOut }) => (lockedOut ? 'red' : 'green'),
    },
  ]);
}
