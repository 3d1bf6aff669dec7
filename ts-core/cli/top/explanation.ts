/**
 * Explains a refusal, or whether a command may be sent: with the broker's verdict on the command if a list refused it,
 * with the state of the lockout if the user was locked out, and otherwise with what the caller was told to do.
 */
import type { BrokerClient } from '../../client/broker-client.js';
import type { CommandVerdict, ListStatement } from '../../endpoints/rpc/protocol/command-block.js';
import type { Event } from '../../endpoints/rpc/protocol/event.js';
import { printable } from '../output.js';
import type { Subject } from './panels.js';
import { momentText } from './texts.js';

/** The rules that are lists. Only for these does the verdict on the command tell whether it would be refused now. */
const LISTS: ReadonlySet<unknown> = new Set<ListStatement['list']>(['policy', 'default', 'local', 'notAllowed']);

/** Returns the lines of an explanation. Asks the broker for what applies now. */
export async function explain(
  broker: BrokerClient,
  subject: Subject,
  nameOf: (userKey: string) => string,
): Promise<readonly string[]> {
  switch (subject.kind) {
    case 'command':
      return verdictLines(broker, subject.name, undefined);
    case 'refusal': {
      const { time, userKey, callerClass, processId, message, details, repeated } = subject.event;
      const who = [
        userKey === undefined ? 'broker' : userText(userKey, nameOf),
        ...(callerClass === undefined ? [] : [callerClass]),
        ...(processId === undefined ? [] : [`process ${processId}`]),
      ].join(', ');
      const facts = Object.entries(details).filter(([name]) => name !== 'action');
      return [
        `${momentText(time)}  ${printable(who)}`,
        printable(repeated === undefined ? message : `${repeated.count} times: ${message}`),
        ...facts.map(([name, value]) => printable(`${name}: ${String(value)}`)),
        ...(await presentLines(broker, subject.event, nameOf)),
      ];
    }
    default:
      return [];
  }
}

/** Returns what applies now, and what would lift the refusal. */
async function presentLines(
  broker: BrokerClient,
  event: Event,
  nameOf: (userKey: string) => string,
): Promise<readonly string[]> {
  const { details, callerClass, userKey } = event;
  if (LISTS.has(details['rule'])) return verdictLines(broker, details['command'], callerClass);
  const action = typeof details['action'] === 'string' ? [printable(`What to do: ${details['action']}`)] : [];
  if (details['rule'] !== 'lockout' || userKey === undefined) return ['', ...action];
  const lockouts = await lockoutLines(broker, userKey, nameOf);
  return lockouts.length > 0
    ? ['', ...lockouts, ...action]
    : ['', `Now: ${printable(userText(userKey, nameOf))} is not locked out any more.`];
}

/** Returns each lockout that holds for the user now: the user's own, and that of all standard users. */
async function lockoutLines(
  broker: BrokerClient,
  userKey: string,
  nameOf: (userKey: string) => string,
): Promise<readonly string[]> {
  const lockout = await broker.call('lockout/get');
  const lines: string[] = [];
  const add = (who: string, lockedOutUntil: string | null, failures: number, threshold: number): void => {
    const until =
      lockedOutUntil === null ? 'until policy raises the threshold of 0' : `until ${momentText(lockedOutUntil)}`;
    const reached = lockedOutUntil === null ? '' : `: ${failures} failures reach the threshold of ${threshold}`;
    lines.push(printable(`Now: ${who} locked out ${until}${reached}.`));
  };
  const user = lockout.users.find((each) => each.userKey === userKey);
  if (user?.lockedOut === true) {
    add(`${userText(userKey, nameOf)} is`, user.freesAt, user.failures, lockout.individualThreshold);
  }
  if (lockout.totalLockedOut) {
    add('all standard users are', lockout.totalFreesAt, lockout.totalFailures, lockout.totalThreshold);
  }
  return lines;
}

async function verdictLines(
  broker: BrokerClient,
  command: unknown,
  callerClass: CommandVerdict['callerClass'] | undefined,
): Promise<readonly string[]> {
  if (typeof command !== 'string') return [];
  // The broker's texts name a command as `TPM2_Clear (0x126)` or `unnamed command 0x1FF`; it looks one up by its code.
  const reference = /(?:\(|command )(0x[0-9A-Fa-f]+|\d+)\)?$/.exec(command)?.[1] ?? command;
  const { name, verdicts } = await broker.call('commandBlock/test', { command: reference, callerClass });
  return verdicts.flatMap((verdict) => [
    '',
    `Now: ${name ?? command} is ${verdict.allowed ? 'allowed' : 'blocked'} for ${verdict.callerClass}.`,
    `Reason: ${verdict.reason}`,
    ...(verdict.source === null ? [] : [`Source: ${verdict.source}`]),
    ...(verdict.condition === null ? [] : [`Condition: ${verdict.condition}`]),
    ...(verdict.liftedBy === null ? [] : [`Lifted by: ${verdict.liftedBy}`]),
    ...verdict.statements.map(
      ({ list, effect, inForce, source }) => `List ${list}: ${effect}${inForce ? '' : ' (ignored)'}, from ${source}`,
    ),
  ]);
}

function userText(userKey: string, nameOf: (userKey: string) => string): string {
  const name = nameOf(userKey);
  return name === userKey ? userKey : `${name} (${userKey})`;
}
