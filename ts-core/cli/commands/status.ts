import type { Argv } from 'yargs';
import type { Status } from '../../endpoints/rpc/protocol/status.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { paint, printJson, printLine, printPairs, printTable } from '../output.js';

/** `tbs status`: shows the broker, its TPM, its queue, and problems that need an administrator. */
export function statusCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'status',
    'Show the broker, its TPM and its queue',
    (each) => each,
    (options) =>
      withBroker(options, async (broker) => {
        const status = await broker.call('status/get');
        if (options.json) printJson(status);
        else printStatus(status);
        return EXIT_BY_HEALTH[status.health];
      }),
  );
}

const EXIT_BY_HEALTH = { works: EXIT.ok, degraded: EXIT.degraded, down: EXIT.down } as const;

function printStatus(status: Status): void {
  const { queue, tpm } = status;
  printPairs([
    ['Health', `${status.health}, since ${status.healthSince}`],
    [
      'Broker',
      `${status.version}, ${status.mode}, ${status.state}, process ${status.processId}, since ${status.startedAt}`,
    ],
    [
      'TPM',
      tpm === null
        ? 'none'
        : `${tpm.tpmVersion}, ${tpm.manufacturer} ${tpm.vendorString}, firmware ${tpm.firmwareVersion}`,
    ],
    ['Transport', tpm?.transport ?? ''],
    ...standInPairs(status.standIn),
    ['You', `${status.caller.userKey}, ${status.caller.callerClass}`],
    ...tpmLockoutPairs(status.tpmLockout),
    ['Contexts', `${status.contexts}`],
    [
      'Queue',
      `${queue.waiting} waiting, ${queue.completed} completed, ${queue.refused} refused, ${queue.cancelled} cancelled`,
    ],
    ['Wait', `about ${queue.estimatedWaitMs.toFixed(1)} ms for a command submitted now`],
    ['Cancellation', status.cancellation],
    ...status.endpoints.map(({ kind, address }): [string, string] => [`Endpoint ${kind}`, address]),
  ]);
  for (const { id, message, action, since } of status.warnings) {
    printLine();
    printLine(`${paint('yellow', `Warning ${id}:`)} ${message} (since ${since})`);
    printLine(`  ${action}`);
  }
  if (status.costs.length === 0) return;
  printLine();
  printTable([...status.costs].sort((left, right) => right.count - left.count).slice(0, 15), [
    { title: 'Command', value: ({ name }) => name, flexible: true },
    { title: 'Key', value: ({ keyType }) => keyType ?? '' },
    { title: 'Count', value: ({ count }) => `${count}` },
    { title: 'Mean ms', value: ({ meanMs }) => meanMs.toFixed(2) },
  ]);
}

function tpmLockoutPairs(lockout: Status['tpmLockout']): [string, string][] {
  if (lockout === null) return [];
  const { lockedOut, failedTries, maxTries, recoverySeconds } = lockout;
  const recovery = recoverySeconds === 0 ? 'it forgets none' : `it forgets one every ${recoverySeconds} s`;
  return [["TPM's lockout", `${lockedOut ? 'locked, ' : ''}${failedTries} of ${maxTries} failed tries, ${recovery}`]];
}

function standInPairs(standIn: Status['standIn']): [string, string][] {
  if (standIn === null) return [];
  const what = standIn.kind === 'softwareTpm' ? 'a software TPM' : 'another device';
  const why = standIn.passedOver.map(({ transport, reason }) => `${transport}: ${reason}`).join('; ');
  return [['Stands in', `${what} instead of the machine's own TPM${why === '' ? ', as configured' : ` (${why})`}`]];
}
