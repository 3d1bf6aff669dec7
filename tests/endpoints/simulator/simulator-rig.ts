/** Simulator endpoints with real clients and a real or a scripted software TPM, but without a broker in between. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { identifiedProcess, simulatorPeerIdentifier } from '../../../ts-core/adapters/identity/simulator-peer.js';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import type { TpmTransport } from '../../../ts-core/application/ports/tpm-transport.js';
import { success } from '../../../ts-core/domain/tpm20/responses.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import type { UnixCallerRules } from '../../../ts-core/domain/unix-caller.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import {
  type SimulatorEndpoints,
  type SimulatorEndpointsOptions,
  startSimulatorEndpoints,
} from '../../../ts-core/endpoints/simulator/simulator-endpoints.js';
import type { SimulatorPeer } from '../../../ts-core/endpoints/simulator/simulator-peer.js';
import { eventLoopTurns, UserTurns } from '../../../ts-core/endpoints/user-turns.js';
import { type DirectOpener, directOpener } from '../../support/direct-opener.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { startSwtpm } from '../../support/swtpm.js';

const RULES: UnixCallerRules = { ownUid: process.getuid?.() ?? 0, userMode: true, overflowUid: 65534 };

export interface SimulatorRig extends AsyncDisposable {
  readonly directory: string;
  readonly opener: DirectOpener;
  readonly endpoints: SimulatorEndpoints;
  readonly refusals: readonly unknown[];
}

type Offered = Pick<SimulatorEndpointsOptions, 'swtpm' | 'mssim' | 'bare'>;

type RigOptions = Partial<Omit<SimulatorEndpointsOptions, 'processOf'>> & {
  readonly version?: '1.2' | '2.0';
  readonly rules?: UnixCallerRules;
};

export async function startRig(offer: (directory: string) => Offered, options: RigOptions = {}): Promise<SimulatorRig> {
  const version = options.version ?? '2.0';
  const tpm = await startSwtpm({ version, startup: true });
  const transport = await createTransport(
    { kind: 'swtpm', data: { path: tpm.dataPath }, control: { path: tpm.ctrlPath } },
    { log: quietLog() },
  );
  const stopTpm = async () => {
    await transport.close();
    await tpm.stop();
  };
  return rigOver(transport, stopTpm, offer, options);
}

/** TPM2_GetRandom's response with eight bytes. */
export const EIGHT_RANDOM_BYTES = success(sized16(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));

/** Starts the same endpoints with a TPM that answers each command with eight random bytes. */
export function startScriptedRig(
  offer: (directory: string) => Offered,
  options: RigOptions = {},
): Promise<SimulatorRig> {
  const transport = new ScriptedTransport();
  transport.onTransmit = ({ answer }) => answer(new Uint8Array(EIGHT_RANDOM_BYTES));
  return rigOver(transport, async () => {}, offer, options);
}

async function rigOver(
  transport: Pick<TpmTransport, 'transmit'>,
  stopTpm: () => Promise<void>,
  offer: (directory: string) => Offered,
  options: RigOptions,
): Promise<SimulatorRig> {
  const directory = await mkdtemp(join(tmpdir(), 'tpmtbs-sim-'));
  const opener = directOpener(transport, options.version ?? '2.0');
  const refusals: unknown[] = [];
  const stop = async () => {
    await stopTpm();
    await rm(directory, { recursive: true, force: true });
  };
  const endpoints = await startSimulatorEndpoints({
    ...offer(directory),
    opener,
    identify: simulatorPeerIdentifier(options.rules ?? RULES),
    processOf: identifiedProcess,
    turns: new UserTurns(eventLoopTurns),
    rooms: new MessageRooms(),
    tuning: { partialTimeoutMs: 300, sweepMs: 20, idleLifeMs: 200 },
    onRefused: (reason) => refusals.push(reason),
    ...options,
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  const dispose = async () => {
    await endpoints.close();
    await stop();
  };
  return { directory, opener, endpoints, refusals, [Symbol.asyncDispose]: dispose };
}

export const LOOPBACK = { host: '127.0.0.1', port: 0 };

export const inSwtpm = (directory: string) => ({
  swtpm: { data: { path: join(directory, 's') }, control: { path: join(directory, 's.ctrl') } },
});
export const inMssim = (directory: string) => ({
  mssim: { command: { path: join(directory, 'm') }, platform: { path: join(directory, 'm.ctrl') } },
});
export const inBare = () => ({ bare: LOOPBACK });

/** Returns a caller of the class in a process that does not end; without a key, the process is unknown. */
export function peer(callerClass: 'administrator' | 'standardUser', processKey?: string): SimulatorPeer {
  return {
    caller: { userKey: 'uid:4711', callerClass },
    process: processKey === undefined ? undefined : { key: processKey, hasEnded: async () => false },
  };
}

/** Returns a function that identifies every peer as such a caller, whoever runs the test. */
export const peerOf = (callerClass: 'administrator' | 'standardUser', processKey?: string) => async () =>
  peer(callerClass, processKey);

/** Returns big-endian words of 32 bits, as the simulator protocols use them. */
export function word(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value >>> 0, 4 * index);
  });
  return bytes;
}

/** Runs one of Debian's tpm2-tools; resolves with its standard output, rejects when it fails. */
export type ToolRunner = (program: string, ...args: readonly string[]) => Promise<string>;

export function toolsOver(tcti: string, workingDirectory: string): ToolRunner {
  const environment = { ...process.env, TPM2TOOLS_TCTI: tcti };
  return async (program, ...args) =>
    (await promisify(execFile)(program, args, { cwd: workingDirectory, env: environment })).stdout;
}

export interface RawClient {
  readonly socket: Socket;
  send(bytes: Uint8Array): void;
  /** Returns the next `count` bytes; rejects if the connection ends first. */
  receive(count: number): Promise<Buffer>;
  /** Returns everything that arrives until the other side closes the connection. */
  untilClosed(): Promise<Buffer>;
  close(): void;
}

export function rawClient(where: { path: string } | { port: number }): Promise<RawClient> {
  const socket = 'path' in where ? connect(where.path) : connect(where.port, '127.0.0.1');
  let received = Buffer.alloc(0);
  let ended = false;
  let wake = () => {};
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
    wake();
  });
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const take = (count: number) => {
    const taken = received.subarray(0, count);
    received = received.subarray(count);
    return taken;
  };
  const client: RawClient = {
    socket,
    send: (bytes) => void socket.write(bytes),
    receive: async (count) => {
      await until(() => ended || received.length >= count);
      if (received.length < count) throw new Error(`the connection ended after ${received.length} of ${count} bytes`);
      return take(count);
    },
    untilClosed: async () => {
      await until(() => ended);
      return take(received.length);
    },
    close: () => socket.destroy(),
  };
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(client));
    socket.once('error', reject);
  });
}

export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const giveUpAtMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
