/** The parts of the daemon that differ by platform. */
import type { SystemKerberos } from '../adapters/directory/system-kerberos.js';
import type { RegistryReader } from '../adapters/policy/windows-registry.js';
import type { TransportDependencies } from '../adapters/transport/create-transport.js';
import type { EventLoop } from '../application/ports/event-loop.js';
import type { UserNames } from '../application/ports/operating-system.js';
import type { StateStore } from '../application/ports/state-store.js';
import type { OpenSocket } from './caller-sockets.js';
import type { Configuration } from './configuration.js';
import type { EndpointParts } from './open-endpoints.js';

export interface PlatformParts {
  readonly bootTimeNs: () => bigint;
  /** Opens the state store. Only one broker at a time can have it open. */
  readonly openStore: () => StateStore;
  readonly userNames: UserNames;
  /** Opens a Unix socket for callers; undefined on Windows. */
  readonly openSocket: OpenSocket | undefined;
  readonly endpoints: Pick<
    EndpointParts,
    | 'identify'
    | 'identifySimulatorPeer'
    | 'identifyTcpPeer'
    | 'accept'
    | 'processOf'
    | 'byteConnection'
    | 'rooms'
    | 'listenForRpc'
  >;
  readonly transport: Omit<TransportDependencies, 'log'>;
  readonly eventLoop: EventLoop;
  /** Windows' registry; undefined on other platforms. */
  readonly windowsRegistry: RegistryReader | undefined;
  /** The system's MIT Kerberos; undefined on Windows, whose own Kerberos the broker does not use. */
  readonly kerberos: SystemKerberos | undefined;
  /** Whether systemd-logind may be there to announce suspends. */
  readonly hasLogind: boolean;
  /**
   * Prepares new rules for classifying callers, and returns a function that applies them to later connections. Throws if
   * a group or user does not exist.
   */
  readonly prepareCallerRules: (configuration: Configuration) => () => void;
  /** Sends to the service manager (sd_notify). */
  readonly sendDatagram: (path: string, bytes: Uint8Array) => void;
}
