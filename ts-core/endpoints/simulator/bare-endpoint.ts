/**
 * Plain TPM commands on a stream, as trousers' tcsd sends them to a "TCP device". tcsd reconnects for every command, so
 * the context belongs to its process.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import { ProcessContexts } from './process-contexts.js';
import type { RequestProtocol } from './request-connection.js';
import type { SimulatorPeer } from './simulator-peer.js';
import type { SimulatorTuning } from './simulator-tuning.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';
import { commandExtent } from './tpm-request.js';

export class BareEndpoint {
  readonly #contexts: ProcessContexts;
  readonly #listener: StreamListener;

  constructor(opener: ConnectionOpener, listening: StreamListenerOptions, tuning: SimulatorTuning) {
    this.#contexts = new ProcessContexts(opener, tuning);
    this.#listener = new StreamListener(listening, (peer) => this.#commands(peer));
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

  #commands(peer: SimulatorPeer): RequestProtocol {
    const context = this.#contexts.acquire(peer);
    return {
      extent: commandExtent,
      answer: async (request: Uint8Array) => ({ bytes: await context.submit(request) }),
      closed: () => this.#contexts.release(peer),
    };
  }
}
