/**
 * Plain TPM commands on a stream, as trousers' tcsd sends them to a "TCP device". tcsd reconnects for every command, so
 * the context belongs to its process.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import { ProcessContexts, plainCommands } from './process-contexts.js';
import type { SimulatorTuning } from './simulator-tuning.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';

export class BareEndpoint {
  readonly #contexts: ProcessContexts;
  readonly #listener: StreamListener;

  constructor(opener: ConnectionOpener, listening: StreamListenerOptions, tuning: SimulatorTuning) {
    this.#contexts = new ProcessContexts(opener, tuning);
    this.#listener = new StreamListener(listening, (peer) => plainCommands(this.#contexts, peer));
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
}
