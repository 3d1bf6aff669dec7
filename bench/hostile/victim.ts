/**
 * One who works meanwhile: `node victim.js <uid> <wire socket> <rpc socket>`. Sends a short command every few
 * milliseconds and connects anew now and then; on each line of standard input it prints what it has measured since the
 * last one.
 */
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { RpcClient } from '../../tests/support/rpc-client.js';
import { GET_RANDOM_20 } from '../../tests/support/tpm-commands.js';
import { WireClient } from '../../tests/support/wire-client.js';

export interface Measured {
  /** Round trips of one command after the other, milliseconds. */
  readonly commandMs: readonly number[];
  /** From connect to the first answer, milliseconds. */
  readonly connectMs: readonly number[];
}

const COMMAND_PAUSE_MS = 4;
const CONNECT_PAUSE_MS = 60;

const [uid, wirePath, rpcPath] = process.argv.slice(2) as [string, string, string];
process.setgroups?.([]);
process.setegid?.(Number(uid));
process.seteuid?.(Number(uid));

let commandMs: number[] = [];
let connectMs: number[] = [];
/** Begin of what is under way: a wait that has no end yet counts as well. */
let commandSince: number | undefined;
let connectSince: number | undefined;

async function sendCommands(): Promise<never> {
  const client = await untilAccepted(() => WireClient.open(wirePath));
  for (;;) {
    commandSince = performance.now();
    await client.submit(GET_RANDOM_20);
    commandMs.push(performance.now() - commandSince);
    commandSince = undefined;
    await wait(COMMAND_PAUSE_MS);
  }
}

async function makeConnections(): Promise<never> {
  for (let count = 0; ; count++) {
    connectSince = performance.now();
    if (count % 2 === 0) (await untilAccepted(() => WireClient.open(wirePath)))[Symbol.dispose]();
    else {
      const client = await untilAccepted(() => RpcClient.connect(rpcPath));
      await client.call('device/get');
      client.close();
    }
    connectMs.push(performance.now() - connectSince);
    connectSince = undefined;
    await wait(CONNECT_PAUSE_MS);
  }
}

/** A full backlog makes a program wait in connect(2), where Node.js gives up: the time counts all the same. */
async function untilAccepted<Connection>(open: () => Promise<Connection>): Promise<Connection> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await wait(1);
    }
  }
}

void sendCommands();
void makeConnections();
for await (const _line of createInterface({ input: process.stdin })) {
  const nowMs = performance.now();
  const measured: Measured = {
    commandMs: commandSince === undefined ? commandMs : [...commandMs, nowMs - commandSince],
    connectMs: connectSince === undefined ? connectMs : [...connectMs, nowMs - connectSince],
  };
  console.log(JSON.stringify(measured));
  commandMs = [];
  connectMs = [];
}
process.exit(0);
