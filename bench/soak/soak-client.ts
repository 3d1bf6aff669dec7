/**
 * One client of the soak test, in a process that may be killed at any moment: `node soak-client.js <rpc|wire|bare>
 * <socket> <uid>`.
 *
 * It does what programs do: gets random numbers, creates, uses and flushes keys or leaves them behind, uses sessions
 * and saved contexts. It counts errors and reconnects, since the broker and the TPM are killed as well. After a wrong
 * response it ends with exit code 3.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { RpcClient } from '../../tests/support/rpc-client.js';
import {
  contextLoad,
  contextSave,
  createPrimaryEcc,
  flushContext,
  getRandom,
  SIGNING_KEY,
  signWith,
  startAuthSession,
} from '../../tests/support/tpm20-commands.js';
import { TBS_COMMAND_PRIORITY } from '../../ts-core/domain/scheduling/priority.js';
import { HEADER_BYTES, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TRANSIENT_FIRST } from '../../ts-core/domain/tpm20/codes.js';
import { Operation } from '../../ts-core/endpoints/wire/frame.js';
import { ByteReader } from './byte-reader.js';

type Submit = (command: Uint8Array) => Promise<Buffer>;

const WRONG_ANSWER = 3;
/** More than the handles of any context. */
const MOST_HANDLES = 256;

const [kind, path, uid] = process.argv.slice(2) as [string, string, string];
// The soak test holds the other end, so no client outlives it.
process.stdin.resume().on('end', () => process.exit(0));
process.setgroups?.([]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));

for (;;) {
  try {
    const { submit, socket } = await connectTo(kind, path);
    await use(submit);
    socket.destroy();
  } catch {
    // The broker or its TPM is not available.
    await wait(100 + Math.random() * 200);
  }
}

async function connectTo(protocol: string, address: string): Promise<{ submit: Submit; socket: Socket }> {
  if (protocol === 'rpc') {
    const client = await RpcClient.connect(address);
    const contextId = await client.open();
    return { socket: client.socket, submit: (command) => client.submit(contextId, command) };
  }
  const socket = connect(address);
  const stream = new ByteReader(socket);
  await once(socket, 'connect');
  if (protocol === 'bare') {
    const submit: Submit = async (command) => {
      socket.write(command);
      return stream.take((bytes) => (bytes.length < HEADER_BYTES ? undefined : bytes.readUInt32BE(2)));
    };
    return { socket, submit };
  }
  return { socket, submit: await openWire(socket, stream) };
}

/** docs/wire-protocol.md. */
async function openWire(socket: Socket, stream: ByteReader): Promise<Submit> {
  const call = async (operation: number, context: number, payload: Uint8Array): Promise<Buffer> => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(16 + payload.length, 0);
    header.writeUInt16LE(operation, 4);
    header.writeUInt32LE(context, 12);
    socket.write(Buffer.concat([header, payload]));
    const reply = await stream.take((bytes) => (bytes.length < 4 ? undefined : bytes.readUInt32LE(0)));
    if (reply.readUInt32LE(12) !== 0) throw new Error(`0x${reply.readUInt32LE(12).toString(16)}`);
    return reply.subarray(16);
  };
  await call(Operation.HELLO, 0, Buffer.from('5442535701000100', 'hex'));
  const context = (await call(Operation.OPEN_CONTEXT, 0, Buffer.from('02000000', 'hex'))).readUInt32LE(0);
  const parameters = Buffer.alloc(12);
  parameters.writeUInt32LE(TBS_COMMAND_PRIORITY.NORMAL, 0);
  return async (command) => (await call(Operation.SUBMIT, context, Buffer.concat([parameters, command]))).subarray(4);
}

/** The work of one connection: a few rounds, after which the broker has to clean up what it holds. */
async function use(submit: Submit): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const choice = Math.random();
    if (choice < 0.6) await randomNumbers(submit);
    else if (choice < 0.85) await useKey(submit);
    else if (choice < 0.95) await useSession(submit);
    else return;
    await wait(Math.random() * 40);
  }
}

async function randomNumbers(submit: Submit): Promise<void> {
  const length = 1 + Math.floor(Math.random() * 32);
  const response = await submit(getRandom(length));
  if (responseCodeOf(response) === 0) expect(response.length === 12 + length, 'the response is to another command');
}

async function useKey(submit: Submit): Promise<void> {
  const made = await submit(createPrimaryEcc('soak', SIGNING_KEY.noDa));
  if (responseCodeOf(made) !== 0) return;
  const handle = made.readUInt32BE(HEADER_BYTES);
  // Handles belong to the context, lowest free first, so a large one would be another context's.
  expect(handle >= TRANSIENT_FIRST && handle < TRANSIENT_FIRST + MOST_HANDLES, `handle 0x${handle.toString(16)}`);
  for (let count = 0; count < 3; count++) await submit(signWith(handle, 'soak'));
  if (Math.random() < 0.3) {
    const saved = await submit(contextSave(handle));
    if (responseCodeOf(saved) === 0) await submit(contextLoad(saved.subarray(HEADER_BYTES)));
  }
  if (Math.random() < 0.8) await submit(flushContext(handle));
}

async function useSession(submit: Submit): Promise<void> {
  const started = await submit(startAuthSession('policy'));
  if (responseCodeOf(started) !== 0 || Math.random() < 0.2) return;
  await submit(flushContext(started.readUInt32BE(HEADER_BYTES)));
}

function expect(holds: boolean, what: string): void {
  if (holds) return;
  process.stderr.write(`soak client (${kind}): ${what}\n`);
  process.exit(WRONG_ANSWER);
}
