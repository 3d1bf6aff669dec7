/**
 * Opens the configured endpoints one after the other, and closes them together. The export of traces and metrics, which
 * callers' commands cause, starts and ends with them.
 */
import type { Socket } from 'node:net';
import type { Application } from '../application/application.js';
import type { Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';
import type { Caller } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';
import type { ByteConnection } from '../endpoints/byte-connection.js';
import type { IncomingConnection } from '../endpoints/incoming-connection.js';
import type { MessageRooms } from '../endpoints/message-rooms.js';
import type { RefusedConnections } from '../endpoints/refused-connections.js';
import { rpcHandlers } from '../endpoints/rpc/features.js';
import type { StatusEndpoint } from '../endpoints/rpc/protocol/status.js';
import { type RpcListen, RpcServer } from '../endpoints/rpc/rpc-server.js';
import { startSimulatorEndpoints } from '../endpoints/simulator/simulator-endpoints.js';
import type { IdentifyPeer, PeerProcess } from '../endpoints/simulator/simulator-peer.js';
import type { AcceptConnections } from '../endpoints/unix-listener.js';
import { UserByteBudgets } from '../endpoints/user-byte-budgets.js';
import { eventLoopTurns, UserTurns } from '../endpoints/user-turns.js';
import { applicationServices } from '../endpoints/wire/application-services.js';
import { startWireServer } from '../endpoints/wire/wire-server.js';
import type { CallerSockets } from './caller-sockets.js';
import type { Configuration } from './configuration.js';
import { openMetrics } from './open-metrics.js';
import { openTelemetry } from './open-telemetry.js';
import { SharedMetrics } from './shared-metrics.js';
import { parseStreamAddress } from './stream-address.js';

export interface DaemonIdentity {
  readonly version: string;
  readonly processId: number;
  readonly uid: number;
  readonly env: NodeJS.ProcessEnv;
}

export interface EndpointParts {
  readonly configuration: Configuration;
  readonly identity: DaemonIdentity;
  readonly application: Application;
  readonly identify: (socket: Socket) => Caller;
  /** Undefined if the operating system cannot identify the caller of a simulator connection. */
  readonly identifySimulatorPeer: IdentifyPeer | undefined;
  /** Undefined if the operating system cannot identify the caller of a TCP connection. */
  readonly identifyTcpPeer: ((socket: Socket) => Promise<Caller>) | undefined;
  /** Undefined if Node.js' own sockets are used; there is no wire endpoint then. */
  readonly byteConnection: ((socket: Socket) => ByteConnection) | undefined;
  readonly rooms: MessageRooms;
  /** Accepts connections of Unix sockets. Default: Node.js' own server. */
  readonly accept: AcceptConnections<IncomingConnection> | undefined;
  /** The sockets that listen already. */
  readonly callerSockets: CallerSockets;
  /** Returns the process of a simulator client from the caller's process id. */
  readonly processOf: (processId: number | undefined) => PeerProcess | undefined;
  /** Listens for JSON-RPC clients, if not on a Unix socket. */
  readonly listenForRpc: RpcListen | undefined;
  readonly refused: RefusedConnections;
  readonly clock: Clock;
  readonly log: Log;
}

/** What all endpoints share, so that a user's costs count together, whichever endpoints the user connects to. */
interface SharedCosts {
  readonly turns: UserTurns;
  readonly budgets: UserByteBudgets;
}

export interface Endpoints {
  /** Accepts no new administrative connections; open ones stay. */
  stopListening(): void;
  /** Closes every connection and releases what the callers held. */
  close(): Promise<void>;
}

/** Calls per connection that are served at the same time; further ones wait unread. */
const MAX_OUTSTANDING_CALLS = 128;

type Listed = StatusEndpoint[];
type Close = () => Promise<void> | void;

export async function openEndpoints(parts: EndpointParts): Promise<Endpoints> {
  const shared = {
    turns: new UserTurns(eventLoopTurns),
    budgets: new UserByteBudgets(parts.configuration.limits.bytesPerUser),
  };
  const listed: Listed = [];
  const closers: Close[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    closers.push(await openSimulators(parts, shared, listed));
    closers.push(await openWire(parts, shared, listed));
    const onRefused = (error: unknown): void => parts.refused.log('a scrape of the metrics was refused', { error });
    const metrics = SharedMetrics.of(parts.application, parts.identity.version);
    closers.push(() => metrics.close());
    const opened = await openMetrics({ ...parts, metrics, onRefused });
    if (opened !== undefined) {
      closers.push(() => opened.close());
      listed.push({ kind: 'metrics', address: opened.address });
    }
    const closeTelemetry = await openTelemetry({ ...parts, metrics });
    if (closeTelemetry !== undefined) closers.push(closeTelemetry);
    // Served last: a client that waits for the broker asks here, and then finds everything else open.
    const rpc = await openRpc(parts, shared, listed);
    closers.push(() => rpc.close());
    return { stopListening: () => rpc.stopListening(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openRpc(
  {
    configuration,
    identity,
    application,
    identify,
    accept,
    callerSockets,
    byteConnection,
    rooms,
    listenForRpc,
    refused,
    clock,
    log,
  }: EndpointParts,
  { turns, budgets }: SharedCosts,
  listed: Listed,
): Promise<RpcServer> {
  const { limits, timeouts, sockets, mode } = configuration;
  const rpc = new RpcServer({
    turns,
    budgets,
    accept,
    byteConnection,
    clock,
    opener: application.commands,
    rooms,
    handlers: rpcHandlers(application, {
      daemon: { version: identity.version, processId: identity.processId, mode, limits, endpoints: () => listed },
      maxEventSubscribers: limits.eventSubscribers,
    }),
    limits: {
      maxMessageBytes: limits.messageBytes,
      maxUserMessageBytes: limits.userMessageBytes,
      slowPeerTimeoutMs: timeouts.partialMessageMs,
      maxOutstandingCalls: MAX_OUTSTANDING_CALLS,
      maxUnreadReplyBytes: limits.unreadReplyBytes,
    },
    maxConnections: limits.connections,
    maxConnectionsPerUser: limits.connectionsPerUser,
    identify,
    listen: listenForRpc,
    refused,
    log,
  });
  await rpc.listen(sockets.rpc, callerSockets.take('rpc'));
  listed.push({ kind: 'rpc', address: sockets.rpc });
  return rpc;
}

async function openWire(parts: EndpointParts, { turns, budgets }: SharedCosts, listed: Listed): Promise<Close> {
  const { configuration, application, identify, accept, callerSockets, byteConnection, rooms, refused } = parts;
  const { limits, timeouts, sockets } = configuration;
  if (byteConnection === undefined) return () => {};
  const wire = await startWireServer({
    socketPath: sockets.wire,
    opened: callerSockets.take('wire'),
    opener: application.commands,
    services: applicationServices(application),
    turns,
    budgets,
    rooms,
    identify,
    accept,
    byteConnection,
    maxConnections: limits.connections,
    maxConnectionsPerUser: limits.connectionsPerUser,
    frameTimeoutMs: timeouts.partialMessageMs,
    onRefused: (error) => refused.log('a wire connection was refused', { error }),
  });
  listed.push({ kind: 'wire', address: sockets.wire });
  return () => wire.close();
}

async function openSimulators(
  { configuration, application, identifySimulatorPeer, accept, processOf, rooms, refused }: EndpointParts,
  { turns }: SharedCosts,
  listed: Listed,
): Promise<Close> {
  const { swtpm, mssim, bare } = configuration.simulator;
  if (identifySimulatorPeer === undefined) {
    if (swtpm === null && mssim === null && bare === null) return () => {};
    throw new TbsError('TBS_E_BAD_PARAMETER', {
      message: `Simulator endpoints are not available on ${process.platform}, which does not identify the callers of such connections.`,
      action: 'Remove the simulator endpoints from tbsd.json.',
      details: { setting: 'simulator' },
    });
  }
  const simulators = await startSimulatorEndpoints({
    swtpm:
      swtpm === null ? undefined : { data: parseStreamAddress(swtpm.data), control: parseStreamAddress(swtpm.control) },
    mssim:
      mssim === null
        ? undefined
        : { command: parseStreamAddress(mssim.command), platform: parseStreamAddress(mssim.platform) },
    bare: bare === null ? undefined : parseStreamAddress(bare),
    opener: application.commands,
    identify: identifySimulatorPeer,
    accept,
    processOf,
    turns,
    rooms,
    onRefused: (error) => refused.log('a simulator connection was refused', { error }),
  });
  if (swtpm !== null) listed.push({ kind: 'swtpm', address: swtpm.data });
  if (mssim !== null) listed.push({ kind: 'mssim', address: mssim.command });
  if (bare !== null) listed.push({ kind: 'bare', address: bare });
  return () => simulators.close();
}
