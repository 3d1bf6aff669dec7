/**
 * A scripted TPM on a Unix socket, for what a real one does not do on demand: partial answers, silence, garbage, late
 * answers.
 *
 *     await using tpm = await startFaultyTpm((command, peer) => peer.write(Buffer.of(0x80, 0x01)));
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TPM_ST } from '../../ts-core/domain/tpm20/codes.js';

/** Called for each chunk that a client sends. `count` is 1 for the first of all connections. */
export type FaultScript = (command: Buffer, peer: Socket, count: number) => void;

export interface FaultyTpm extends AsyncDisposable {
  readonly path: string;
  /** Connections accepted so far. */
  connections(): number;
  /** Chunks received so far, over all connections. */
  received(): readonly Buffer[];
  /** Breaks every connection. */
  disconnectAll(): void;
  stop(): Promise<void>;
}

export async function startFaultyTpm(script: FaultScript): Promise<FaultyTpm> {
  const directory = await mkdtemp(join(tmpdir(), 'tpmtbs-faulty-'));
  const path = join(directory, 'tpm.sock');
  const peers = new Set<Socket>();
  const received: Buffer[] = [];
  let connections = 0;
  const server = createServer((peer) => {
    connections++;
    peers.add(peer);
    peer.on('close', () => peers.delete(peer));
    peer.on('error', () => peer.destroy());
    peer.on('data', (chunk) => {
      received.push(chunk);
      script(chunk, peer, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const disconnectAll = () => {
    for (const peer of peers) peer.destroy();
  };
  const stop = async () => {
    disconnectAll();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  };
  return {
    path,
    connections: () => connections,
    received: () => received,
    disconnectAll,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Returns a whole TPM 2.0 response: the header with the response code, and `body`. */
export function tpm20Response(body: Uint8Array = new Uint8Array(0), responseCode = 0): Buffer {
  const response = Buffer.alloc(10 + body.length);
  response.writeUInt16BE(TPM_ST.NO_SESSIONS, 0);
  response.writeUInt32BE(response.length, 2);
  response.writeUInt32BE(responseCode, 6);
  response.set(body, 10);
  return response;
}
