/** Explains a refusal, or whether a command may be sent, with the texts of the broker's verdict. */
import type { BrokerClient } from '../../client/broker-client.js';
import type { CommandVerdict } from '../../endpoints/rpc/protocol/command-block.js';
import { printable } from '../output.js';
import { clockTime, type Subject } from './panels.js';

/** Returns the lines of an explanation. Asks the broker for the verdict on the command that applies now. */
export async function explain(broker: BrokerClient, subject: Subject): Promise<readonly string[]> {
  switch (subject.kind) {
    case 'command':
      return verdictLines(broker, subject.name, undefined);
    case 'refusal': {
      const { time, userKey, callerClass, processId, message, details } = subject.event;
      const who = `${userKey ?? 'broker'}${callerClass === undefined ? '' : `, ${callerClass}`}`;
      const facts = Object.entries(details).map(([name, value]) => printable(`${name}: ${String(value)}`));
      return [
        `${clockTime(time)}  ${who}${processId === undefined ? '' : `, process ${processId}`}`,
        printable(message),
        ...facts,
        ...(await verdictLines(broker, details['command'], callerClass)),
      ];
    }
    default:
      return [];
  }
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
