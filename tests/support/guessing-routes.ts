/** The routes by which a program can send a command to the TPM through the broker, one exchange at a time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../../ts-core/domain/tpm20/codes.js';
import { refusal } from '../../ts-core/domain/tpm20/responses.js';
import { asUser, connectAs, type TestUser } from './as-user.js';
import { framed } from './fake-byte-connection.js';
import { type RpcClient, RpcFailure } from './rpc-client.js';
import { WireClient } from './wire-client.js';

export interface RouteSockets {
  readonly rpc: string;
  readonly wire: string;
  readonly mssim: string;
  readonly swtpm: string;
  readonly bare: string;
}

/** Sends a command; resolves with the response of the TPM, or of the broker in its place. */
export type SendCommand = (command: Uint8Array) => Promise<Buffer>;
export type OpenRoute = (sockets: RouteSockets, user: TestUser) => Promise<SendCommand>;

const MSSIM_SEND_COMMAND = 8;
/** The response of the resource manager's layer to a user who is locked out. */
const LOCKED_OUT = Buffer.from(refusal(RESOURCE_MANAGER_LAYER | TPM_RC.LOCKOUT));

export const ROUTES: Readonly<Record<string, OpenRoute>> = {
  'JSON-RPC, LOW': (sockets, user) => overRpc(sockets, user, 100),
  'JSON-RPC, NORMAL': (sockets, user) => overRpc(sockets, user, 200),
  'JSON-RPC, HIGH': (sockets, user) => overRpc(sockets, user, 300),
  'JSON-RPC, with a deadline': (sockets, user) => overRpc(sockets, user, 200, 30_000),
  'JSON-RPC, in a batch': overBatches,
  wire: async ({ wire }, user) => {
    const client = await WireClient.open(wire, user);
    return async (command) => (await client.submit(command)).response;
  },
  mssim: async ({ mssim }, user) => {
    const socket = await connected(mssim, user);
    return async (command) => {
      const head = Buffer.alloc(9);
      head.writeUInt32BE(MSSIM_SEND_COMMAND, 0);
      head.writeUInt32BE(command.length, 5);
      const answer = await exchange(socket, Buffer.concat([head, command]), (bytes) =>
        bytes.length < 4 ? undefined : 8 + bytes.readUInt32BE(0),
      );
      return answer.subarray(4, answer.length - 4);
    };
  },
  swtpm: ({ swtpm }, user) => overBareStream(swtpm, user),
  bare: ({ bare }, user) => overBareStream(bare, user),
};

async function overRpc(
  { rpc }: RouteSockets,
  user: TestUser,
  priority: number,
  deadlineMs?: number,
): Promise<SendCommand> {
  const client: RpcClient = await connectAs(user, rpc);
  const contextId = await client.open();
  return async (command) => {
    try {
      const parameters = { contextId, priority, command: Buffer.from(command).toString('base64') };
      const { response } = await client.call<{ response: string }>(
        'command/submit',
        deadlineMs === undefined ? parameters : { ...parameters, deadlineMs },
      );
      return Buffer.from(response, 'base64');
    } catch (error) {
      if (error instanceof RpcFailure && error.data.symbol === 'TPM_20_E_LOCKOUT') return LOCKED_OUT;
      throw error;
    }
  };
}

/** Sends batches over a raw connection, which opens its own context, since a context belongs to its connection. */
async function overBatches({ rpc }: RouteSockets, user: TestUser): Promise<SendCommand> {
  const socket = await connected(rpc, user);
  const call = async (method: string, params: object): Promise<{ result?: unknown; error?: unknown }> => {
    const batch = framed([{ jsonrpc: '2.0', id: 1, method, params }]);
    const answer = await exchange(socket, Buffer.from(batch), lengthOfMessage);
    const [reply] = JSON.parse(answer.subarray(answer.indexOf('\r\n\r\n') + 4).toString());
    return reply;
  };
  const opened = (await call('context/open', { versions: ['2.0'] })).result as { contextId: number };
  return async (command) => {
    const params = { contextId: opened.contextId, command: Buffer.from(command).toString('base64') };
    const { result } = await call('command/submit', params);
    return result === undefined ? LOCKED_OUT : Buffer.from((result as { response: string }).response, 'base64');
  };
}

async function overBareStream(path: string, user: TestUser): Promise<SendCommand> {
  const socket = await connected(path, user);
  return (command) =>
    exchange(socket, Buffer.from(command), (bytes) => (bytes.length < 6 ? undefined : bytes.readUInt32BE(2)));
}

async function connected(path: string, user: TestUser): Promise<Socket> {
  const socket = asUser(user, () => connect(path));
  await once(socket, 'connect');
  return socket;
}

/** Sends a request and resolves with the answer. `lengthOf` returns the answer's length once its beginning is there. */
async function exchange(
  socket: Socket,
  request: Uint8Array,
  lengthOf: (bytes: Buffer) => number | undefined,
): Promise<Buffer> {
  socket.write(request);
  let answer: Buffer = Buffer.alloc(0);
  while (answer.length < (lengthOf(answer) ?? Number.POSITIVE_INFINITY)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    answer = Buffer.concat([answer, chunk]);
  }
  return answer;
}

function lengthOfMessage(bytes: Buffer): number | undefined {
  const head = /^Content-Length: (\d+)\r\n\r\n/.exec(bytes.toString('latin1'));
  return head === null ? undefined : head[0].length + Number(head[1]);
}
