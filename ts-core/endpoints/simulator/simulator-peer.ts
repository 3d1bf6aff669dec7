/** Who is at the other end of a simulator connection; the adapters of identity find out. */
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';

export interface PeerProcess {
  /** Names this process and no later one. */
  readonly key: string;
  hasEnded(): Promise<boolean>;
}

export interface SimulatorPeer {
  readonly caller: Caller;
  /** Undefined where the operating system does not tell. Groups connections of one process; never a base of rights. */
  readonly process: PeerProcess | undefined;
}

/** Throws when the operating system does not say who it is, as of a connection that has already closed. */
export type IdentifyPeer = (socket: Socket) => Promise<SimulatorPeer>;
