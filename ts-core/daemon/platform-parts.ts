/** What the daemon is made of that differs by platform. */
import type { SystemKerberos } from '../adapters/directory/system-kerberos.js';
import type { RegistryReader } from '../adapters/policy/windows-registry.js';
import type { TransportDependencies } from '../adapters/transport/create-transport.js';
import type { EventLoop, StateStore, UserNames } from '../application/ports.js';
import type { EndpointParts } from './open-endpoints.js';

export interface PlatformParts {
  readonly bootTimeNs: () => bigint;
  /** Opens the broker's records, which only one broker at a time may do. */
  readonly openStore: () => StateStore;
  readonly userNames: UserNames;
  readonly endpoints: Pick<
    EndpointParts,
    | 'identify'
    | 'identifySimulatorPeer'
    | 'identifyTcpPeer'
    | 'accept'
    | 'acceptSockets'
    | 'byteConnection'
    | 'listenForRpc'
  >;
  readonly transport: Omit<TransportDependencies, 'log'>;
  readonly eventLoop: EventLoop;
  /** Windows' registry, where there is one. */
  readonly windowsRegistry: RegistryReader | undefined;
  /** MIT Kerberos of the system; undefined on Windows, whose own the broker does not use. */
  readonly kerberos: SystemKerberos | undefined;
  /** Whether systemd-logind could be there to tell of suspend. */
  readonly hasLogind: boolean;
  /** To the service manager (sd_notify). */
  readonly sendDatagram: (path: string, bytes: Uint8Array) => void;
}
