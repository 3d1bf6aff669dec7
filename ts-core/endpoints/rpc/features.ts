/** The features of the JSON-RPC protocol: each with its contract and the handlers that serve it. */
import type { Application } from '../../application/application.js';
import { bind, type Handlers, methodsOf, type RpcHandler } from './handler.js';
import { activityHandlers } from './handlers/activity-handlers.js';
import { authLevelHandlers } from './handlers/auth-level-handlers.js';
import { commandBlockHandlers } from './handlers/command-block-handlers.js';
import { commandHandlers } from './handlers/command-handlers.js';
import { connectionHandlers } from './handlers/connection-handlers.js';
import { contextHandlers } from './handlers/context-handlers.js';
import { eventActionHandlers } from './handlers/event-action-handlers.js';
import { eventHandlers } from './handlers/event-handlers.js';
import { eventLogHandlers } from './handlers/event-log-handlers.js';
import { lockoutHandlers } from './handlers/lockout-handlers.js';
import { ownerAuthBackupHandlers } from './handlers/owner-auth-backup-handlers.js';
import { ownerAuthHandlers } from './handlers/owner-auth-handlers.js';
import { physicalPresenceHandlers } from './handlers/physical-presence-handlers.js';
import { policyHandlers } from './handlers/policy-handlers.js';
import { powerHandlers } from './handlers/power-handlers.js';
import { queueHandlers } from './handlers/queue-handlers.js';
import { reportHandlers } from './handlers/report-handlers.js';
import { resourceHandlers } from './handlers/resource-handlers.js';
import { type DaemonFacts, statusHandlers } from './handlers/status-handlers.js';
import { tpmHandlers } from './handlers/tpm-handlers.js';
import * as activity from './protocol/activity.js';
import * as authLevel from './protocol/auth-level.js';
import * as command from './protocol/command.js';
import * as commandBlock from './protocol/command-block.js';
import * as connection from './protocol/connection.js';
import * as context from './protocol/context.js';
import * as event from './protocol/event.js';
import * as eventAction from './protocol/event-action.js';
import * as eventLog from './protocol/event-log.js';
import * as lockout from './protocol/lockout.js';
import type { RpcMethod } from './protocol/method.js';
import * as ownerAuth from './protocol/owner-auth.js';
import * as ownerAuthBackup from './protocol/owner-auth-backup.js';
import * as physicalPresence from './protocol/physical-presence.js';
import * as policy from './protocol/policy.js';
import * as power from './protocol/power.js';
import * as queue from './protocol/queue.js';
import * as report from './protocol/report.js';
import * as resource from './protocol/resource.js';
import * as status from './protocol/status.js';
import * as tpm from './protocol/tpm.js';

export interface HandlerOptions {
  readonly daemon: DaemonFacts;
  readonly maxEventSubscribers: number;
}

interface Feature<Contract extends object = object> {
  readonly contract: Contract;
  readonly handlers: (application: Application, options: HandlerOptions) => readonly RpcHandler[];
}

const FEATURES = [
  feature(connection, connectionHandlers),
  feature(context, contextHandlers),
  feature(command, commandHandlers),
  feature(commandBlock, commandBlockHandlers),
  feature(lockout, lockoutHandlers),
  feature(policy, policyHandlers),
  feature(authLevel, authLevelHandlers),
  feature(status, (application, { daemon }) => statusHandlers(application, daemon)),
  feature(queue, queueHandlers),
  feature(activity, activityHandlers),
  feature(report, reportHandlers),
  feature(event, (application, { maxEventSubscribers }) => eventHandlers(application, maxEventSubscribers)),
  feature(eventAction, eventActionHandlers),
  feature(resource, resourceHandlers),
  feature(power, powerHandlers),
  feature(ownerAuth, ownerAuthHandlers),
  feature(ownerAuthBackup, ownerAuthBackupHandlers),
  feature(tpm, tpmHandlers),
  feature(eventLog, eventLogHandlers),
  feature(physicalPresence, physicalPresenceHandlers),
] as const satisfies readonly Feature[];

/** The modules under protocol/, each with the methods and notifications of one feature. */
export type FeatureContract = (typeof FEATURES)[number]['contract'];

/** Every method of the protocol. */
export const RPC_METHODS: readonly RpcMethod[] = FEATURES.flatMap(({ contract }) => [...methodsOf(contract).values()]);

/** Messages that the broker sends without a request. */
export const RPC_NOTIFICATIONS = [event.eventRaised] as const;

/** Returns the handlers of every method, by method name. */
export function rpcHandlers(application: Application, options: HandlerOptions): ReadonlyMap<string, RpcHandler> {
  const handlers = FEATURES.flatMap((each) => each.handlers(application, options));
  return new Map(handlers.map((each) => [each.method.name, each]));
}

function feature<Contract extends object, Turned extends keyof Contract = never, Texts extends keyof Contract = never>(
  contract: Contract,
  handlers: (application: Application, options: HandlerOptions) => Handlers<Contract, Turned, Texts>,
): Feature<Contract> {
  return { contract, handlers: (application, options) => bind(contract, handlers(application, options)) };
}
