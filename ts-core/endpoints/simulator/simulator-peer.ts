/** The peer of a simulator connection, as the identity adapters report it. */
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';

export interface PeerProcess {
  /** Identifies this process and no later one. */
  readonly key: string;
  hasEnded(): Promise<boolean>;
}

export interface SimulatorPeer {
  readonly caller: Caller;
  /**
   * Undefined if the operating system does not report it. Groups the connections of one process; never grants rights.
   */
  readonly process: PeerProcess | undefined;
}

/**
 * Throws if the operating system does not identify the peer, for instance because the connection has already closed.
 */
export type IdentifyPeer = (socket: Socket) => Promise<SimulatorPeer>;
