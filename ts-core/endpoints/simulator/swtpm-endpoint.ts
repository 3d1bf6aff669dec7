/** Emulates swtpm: a data channel with plain commands, and a control channel. See docs/simulator-endpoints.md. */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import { ProcessContexts, plainCommands } from './process-contexts.js';
import type { RequestProtocol } from './request-connection.js';
import type { SimulatorPeer } from './simulator-peer.js';
import type { SimulatorTuning } from './simulator-tuning.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';
import { answerControl, controlExtent } from './swtpm-control-protocol.js';

export class SwtpmEndpoint {
  readonly #contexts: ProcessContexts;
  readonly #data: StreamListener;
  readonly #control: StreamListener;

  constructor(opener: ConnectionOpener, listening: StreamListenerOptions, tuning: SimulatorTuning) {
    this.#contexts = new ProcessContexts(opener, tuning);
    this.#data = new StreamListener(listening, (peer) => plainCommands(this.#contexts, peer));
    this.#control = new StreamListener(listening, (peer) => this.#controlChannel(peer));
  }

  /** The ports chosen by the system if 0 was configured. */
  get ports(): { readonly data: number | undefined; readonly control: number | undefined } {
    return { data: this.#data.port, control: this.#control.port };
  }

  /** The number of contexts that are open for processes. */
  get contextCount(): number {
    return this.#contexts.size;
  }

  async listen(data: ListenAddress, control: ListenAddress): Promise<void> {
    await this.#data.listen(data);
    await this.#control.listen(control);
  }

  async close(): Promise<void> {
    await Promise.all([this.#data.close(), this.#control.close()]);
    this.#contexts.close();
  }

  #controlChannel(peer: SimulatorPeer): RequestProtocol {
    const context = this.#contexts.acquire(peer);
    return {
      extent: controlExtent,
      answer: (request: Uint8Array) => answerControl(request, context),
      closed: () => this.#contexts.release(peer),
    };
  }
}
