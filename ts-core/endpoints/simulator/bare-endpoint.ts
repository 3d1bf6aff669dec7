/**
 * Plain TPM commands on a stream, as trousers' tcsd sends them to a "TCP device". tcsd reconnects for every command, so
 * the context belongs to its process.
 */
import type { Socket } from 'node:net';
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import type { FairTurns } from '../fair-turns.js';
import { ProcessContexts } from './process-contexts.js';
import { RequestConnection } from './request-connection.js';
import type { SimulatorPeer } from './simulator-peer.js';
import type { SimulatorTuning } from './simulator-tuning.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';
import { commandExtent } from './tpm-request.js';

export class BareEndpoint {
  readonly #contexts: ProcessContexts;
  readonly #listener: StreamListener;
  readonly #tuning: SimulatorTuning;
  readonly #turns: FairTurns;

  constructor(
    opener: ConnectionOpener,
    listening: Omit<StreamListenerOptions, 'onConnection'>,
    tuning: SimulatorTuning,
    turns: FairTurns,
  ) {
    this.#tuning = tuning;
    this.#turns = turns;
    this.#contexts = new ProcessContexts(opener, tuning);
    this.#listener = new StreamListener({ ...listening, onConnection: (socket, peer) => this.#serve(socket, peer) });
  }

  /** The port chosen by the system if 0 was configured. */
  get port(): number | undefined {
    return this.#listener.port;
  }

  listen(address: ListenAddress): Promise<void> {
    return this.#listener.listen(address);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    this.#contexts.close();
  }

  #serve(socket: Socket, peer: SimulatorPeer): void {
    const context = this.#contexts.acquire(peer);
    const protocol = {
      extent: commandExtent,
      answer: async (request: Uint8Array) => ({ bytes: await context.submit(request) }),
      closed: () => this.#contexts.release(peer),
    };
    const { partialTimeoutMs } = this.#tuning;
    new RequestConnection(socket, protocol, { partialTimeoutMs, turns: this.#turns, userKey: peer.caller.userKey });
  }
}
