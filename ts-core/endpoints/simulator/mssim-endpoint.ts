/**
 * Emulates Microsoft's TPM simulator: a command port, with one context for each connection, and a platform port.
 *
 * The TCTI turns power and NV on when it connects, which is a no-op for a TPM that is on. Signals that would turn off
 * or reset the TPM are refused unless the caller is an administrator; an administrator's own contexts then start
 * afresh.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import { isAdministrator } from '../../domain/caller.js';
import { readUint32 } from '../../domain/tpm/command-header.js';
import {
  commandReply,
  handshakeReply,
  MSSIM,
  MSSIM_ACKNOWLEDGED,
  MSSIM_REFUSED,
  mssimExtent,
  sentCommand,
} from './mssim-protocol.js';
import type { RequestProtocol, RequestReply } from './request-connection.js';
import { SimulatorContext } from './simulator-context.js';
import type { SimulatorPeer } from './simulator-peer.js';
import { type ListenAddress, StreamListener, type StreamListenerOptions } from './stream-listener.js';

const REFUSED: RequestReply = { bytes: MSSIM_REFUSED };
const ACKNOWLEDGED: RequestReply = { bytes: MSSIM_ACKNOWLEDGED };
const GOODBYE: RequestReply = { bytes: new Uint8Array(0), thenClose: true };

export class MssimEndpoint {
  readonly #command: StreamListener;
  readonly #platform: StreamListener;
  /** Contexts by owner, so that a signal on the platform port affects only those of the same process. */
  readonly #contextsByOwner = new Map<string, Set<SimulatorContext>>();
  readonly #opener: ConnectionOpener;

  constructor(opener: ConnectionOpener, listening: StreamListenerOptions) {
    this.#opener = opener;
    this.#command = new StreamListener(listening, (peer) => this.#commandPort(peer));
    this.#platform = new StreamListener(listening, (peer) => this.#platformPort(peer));
  }

  /** The ports chosen by the system if 0 was configured. */
  get ports(): { readonly command: number | undefined; readonly platform: number | undefined } {
    return { command: this.#command.port, platform: this.#platform.port };
  }

  async listen(command: ListenAddress, platform: ListenAddress): Promise<void> {
    await this.#command.listen(command);
    await this.#platform.listen(platform);
  }

  async close(): Promise<void> {
    await Promise.all([this.#command.close(), this.#platform.close()]);
  }

  #commandPort(peer: SimulatorPeer): RequestProtocol {
    const context = new SimulatorContext(this.#opener, peer.caller);
    const siblings = this.#contextsOf(peer);
    siblings.add(context);
    return {
      extent: mssimExtent,
      answer: (request: Uint8Array) => this.#answerOnCommandPort(request, context),
      closed: () => {
        siblings.delete(context);
        if (siblings.size === 0) this.#contextsByOwner.delete(ownerOf(peer));
        context.close();
      },
    };
  }

  #platformPort(peer: SimulatorPeer): RequestProtocol {
    return {
      extent: mssimExtent,
      answer: (request: Uint8Array) => this.#answerOnPlatformPort(readUint32(request, 0), peer),
      closed: () => {},
    };
  }

  async #answerOnCommandPort(request: Uint8Array, context: SimulatorContext): Promise<RequestReply> {
    switch (readUint32(request, 0)) {
      case MSSIM.sendCommand: {
        const { locality, command } = sentCommand(request);
        return { bytes: commandReply(await context.submit(command, locality)) };
      }
      case MSSIM.remoteHandshake:
        return { bytes: handshakeReply() };
      case MSSIM.sessionEnd:
        return GOODBYE;
      case MSSIM.stop:
        return this.#changePower(context.caller, [context]);
      default:
        return REFUSED;
    }
  }

  #answerOnPlatformPort(code: number, peer: SimulatorPeer): RequestReply {
    const contexts = this.#contextsByOwner.get(ownerOf(peer)) ?? [];
    switch (code) {
      case MSSIM.powerOn:
      case MSSIM.nvOn:
      case MSSIM.cancelOff:
      case MSSIM.keyCacheOn:
      case MSSIM.keyCacheOff:
        return ACKNOWLEDGED;
      case MSSIM.cancelOn:
        for (const context of contexts) context.cancel();
        return ACKNOWLEDGED;
      case MSSIM.remoteHandshake:
        return { bytes: handshakeReply() };
      case MSSIM.sessionEnd:
        return GOODBYE;
      case MSSIM.powerOff:
      case MSSIM.nvOff:
      case MSSIM.reset:
      case MSSIM.restart:
      case MSSIM.stop:
        return this.#changePower(peer.caller, contexts);
      default:
        // Physical presence and failure mode belong to the platform, not to a caller.
        return REFUSED;
    }
  }

  #changePower(caller: SimulatorPeer['caller'], contexts: Iterable<SimulatorContext>): RequestReply {
    if (!isAdministrator(caller)) return REFUSED;
    for (const context of contexts) context.forgetEverything();
    return ACKNOWLEDGED;
  }

  #contextsOf(peer: SimulatorPeer): Set<SimulatorContext> {
    const owner = ownerOf(peer);
    let contexts = this.#contextsByOwner.get(owner);
    if (contexts === undefined) {
      contexts = new Set();
      this.#contextsByOwner.set(owner, contexts);
    }
    return contexts;
  }
}

function ownerOf({ caller, process }: SimulatorPeer): string {
  return `${caller.userKey} ${process?.key ?? ''}`;
}
