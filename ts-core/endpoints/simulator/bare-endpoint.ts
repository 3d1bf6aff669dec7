/**
 * Bare commands on a stream, as trousers' tcsd speaks them to a "TCP device": a context for each connection.
 */
import type { Socket } from 'node:net';
import type { ConnectionOpener } from '../../application/caller-connection.js';
import { RequestConnection } from './request-connection.js';
import { SimulatorContext } from './simulator-context.js';
import type { SimulatorPeer } from './simulator-peer.js';
import type { SimulatorTuning } from './simulator-tuning.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';
import { commandExtent } from './tpm-request.js';

export class BareEndpoint {
  private readonly listener: StreamListener;

  constructor(
    private readonly opener: ConnectionOpener,
    listening: Omit<StreamListenerOptions, 'onConnection'>,
    private readonly tuning: SimulatorTuning,
  ) {
    this.listener = new StreamListener({ ...listening, onConnection: (socket, peer) => this.serve(socket, peer) });
  }

  /** The port that was chosen where 0 was asked for. */
  get port(): number | undefined {
    return this.listener.port;
  }

  listen(address: ListenAddress): Promise<void> {
    return this.listener.listen(address);
  }

  close(): Promise<void> {
    return this.listener.close();
  }

  private serve(socket: Socket, peer: SimulatorPeer): void {
    const context = new SimulatorContext(this.opener, peer.caller);
    const protocol = {
      extent: commandExtent,
      answer: async (request: Uint8Array) => ({ bytes: await context.submit(request) }),
      closed: () => context.close(),
    };
    new RequestConnection(socket, protocol, this.tuning.partialTimeoutMs);
  }
}
