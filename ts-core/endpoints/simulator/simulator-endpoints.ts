/** Starts the simulator endpoints that the configuration enables; by default none. */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import type { ConnectionLimits } from '../connection-counts.js';
import type { IncomingConnection } from '../incoming-connection.js';
import type { MessageRooms } from '../message-rooms.js';
import type { AcceptConnections } from '../unix-listener.js';
import type { UserTurns } from '../user-turns.js';
import { BareEndpoint } from './bare-endpoint.js';
import { MssimEndpoint } from './mssim-endpoint.js';
import type { IdentifyPeer } from './simulator-peer.js';
import { DEFAULT_SIMULATOR_TUNING, type SimulatorTuning } from './simulator-tuning.js';
import type { ListenAddress, StreamListenerOptions } from './stream-listener.js';
import { SwtpmEndpoint } from './swtpm-endpoint.js';

export interface SimulatorEndpointsOptions {
  /** swtpm's protocol. Clients expect the control channel at the data path with `.ctrl`, or at the next port. */
  readonly swtpm?: { readonly data: ListenAddress; readonly control: ListenAddress } | undefined;
  /** The Microsoft simulator's protocol. Clients expect the platform port at the next port, or at the path with `.ctrl`. */
  readonly mssim?: { readonly command: ListenAddress; readonly platform: ListenAddress } | undefined;
  /** Plain commands, for trousers' tcsd (TCSD_USE_TCP_DEVICE). */
  readonly bare?: ListenAddress | undefined;
  readonly opener: ConnectionOpener;
  readonly identify: IdentifyPeer;
  /** The turns in which the endpoints answer requests. */
  readonly turns: UserTurns;
  /** Memory for requests that wait. */
  readonly rooms: MessageRooms;
  readonly limits?: ConnectionLimits | undefined;
  /** Accepts connections of Unix sockets; default: Node.js' own server. */
  readonly accept?: AcceptConnections<IncomingConnection> | undefined;
  readonly processOf: StreamListenerOptions['processOf'];
  readonly tuning?: SimulatorTuning | undefined;
  /** Reports a refused caller, or an error of accept, to the log. */
  readonly onRefused?: ((reason: unknown) => void) | undefined;
}

export interface SimulatorEndpoints {
  readonly swtpm: SwtpmEndpoint | undefined;
  readonly mssim: MssimEndpoint | undefined;
  readonly bare: BareEndpoint | undefined;
  /** Stops listening, closes every connection and its contexts. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: ConnectionLimits = { maxConnections: 512, maxConnectionsPerUser: 128 };

/** Rejects, with nothing left listening, if an address cannot be used (TBS_E_BAD_PARAMETER: not loopback). */
export async function startSimulatorEndpoints(options: SimulatorEndpointsOptions): Promise<SimulatorEndpoints> {
  const { opener, identify, processOf, turns, rooms } = options;
  const tuning = options.tuning ?? DEFAULT_SIMULATOR_TUNING;
  const { accept, limits = DEFAULT_LIMITS, onRefused = () => {} } = options;
  const { partialTimeoutMs } = tuning;
  const listening = { identify, accept, processOf, turns, rooms, limits, partialTimeoutMs, onRefused };
  const swtpm = options.swtpm && new SwtpmEndpoint(opener, listening, tuning);
  const mssim = options.mssim && new MssimEndpoint(opener, listening);
  const bare = options.bare && new BareEndpoint(opener, listening, tuning);
  const close = async () => {
    await Promise.all([swtpm?.close(), mssim?.close(), bare?.close()]);
  };
  try {
    if (options.swtpm) await swtpm?.listen(options.swtpm.data, options.swtpm.control);
    if (options.mssim) await mssim?.listen(options.mssim.command, options.mssim.platform);
    if (options.bare) await bare?.listen(options.bare);
  } catch (error) {
    await close();
    throw error;
  }
  return { swtpm, mssim, bare, close };
}
