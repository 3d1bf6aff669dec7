/**
 * A user who works during an attack: `node victim.js <uid> <wire socket> <rpc socket> <process ids>`. Sends a short
 * command every few milliseconds and reconnects now and then. For each line on standard input, it prints its
 * measurements since the previous one. The process ids are those of the broker and its TPM.
 */
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { RpcClient } from '../../tests/support/rpc-client.js';
import { GET_RANDOM_20 } from '../../tests/support/tpm20-commands.js';
import { WireClient } from '../../tests/support/wire-client.js';
import { ProcessorTime, type Wait } from './processor-time.js';

export interface Measured {
  /** Round trips of commands, one after the other. */
  readonly commands: readonly Wait[];
  /** From connect to the first response. */
  readonly connections: readonly Wait[];
}

const COMMAND_PAUSE_MS = 4;
const CONNECT_PAUSE_MS = 60;

const [uid, wirePath, rpcPath, ...processIds] = process.argv.slice(2) as [string, string, string, ...string[]];
const processorTime = new ProcessorTime([...processIds, 'self']);
process.setgroups?.([]);
process.setegid?.(Number(uid));
process.seteuid?.(Number(uid));

let commands: Wait[] = [];
let connections: Wait[] = [];
/** The wait in progress, which also counts before it has ended. */
let endCommand: (() => Wait) | undefined;
let endConnection: (() => Wait) | undefined;

async function sendCommands(): Promise<never> {
  const client = await untilAccepted(() => WireClient.open(wirePath));
  for (;;) {
    endCommand = processorTime.begin();
    await client.submit(GET_RANDOM_20);
    commands.push(endCommand());
    endCommand = undefined;
    await wait(COMMAND_PAUSE_MS);
  }
}

async function makeConnections(): Promise<never> {
  for (let count = 0; ; count++) {
    endConnection = processorTime.begin();
    if (count % 2 === 0) (await untilAccepted(() => WireClient.open(wirePath)))[Symbol.dispose]();
    else {
      const client = await untilAccepted(() => RpcClient.connect(rpcPath));
      await client.call('device/get');
      client.close();
    }
    connections.push(endConnection());
    endConnection = undefined;
    await wait(CONNECT_PAUSE_MS);
  }
}

/** Opens a connection. connect(2) waits while the backlog is full, but Node.js fails; the wait counts either way. */
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
  const measured: Measured = {
    commands: endCommand === undefined ? commands : [...commands, endCommand()],
    connections: endConnection === undefined ? connections : [...connections, endConnection()],
  };
  console.log(JSON.stringify(measured));
  commands = [];
  connections = [];
}
process.exit(0);
