/** Every handler of the endpoint; a test compares them with the protocol and the table of access. */
import type { Application } from '../../../application/application.js';
import type { RpcHandler } from '../handler.js';
import { authLevelHandlers } from './auth-level-handlers.js';
import { commandBlockHandlers } from './command-block-handlers.js';
import { commandHandlers } from './command-handlers.js';
import { connectionHandlers } from './connection-handlers.js';
import { contextHandlers } from './context-handlers.js';
import { eventHandlers } from './event-handlers.js';
import { eventLogHandlers } from './event-log-handlers.js';
import { lockoutHandlers } from './lockout-handlers.js';
import { ownerAuthHandlers } from './owner-auth-handlers.js';
import { physicalPresenceHandlers } from './physical-presence-handlers.js';
import { policyHandlers } from './policy-handlers.js';
import { powerHandlers } from './power-handlers.js';
import { resourceHandlers } from './resource-handlers.js';
import { type DaemonFacts, statusHandlers } from './status-handlers.js';
import { tpmHandlers } from './tpm-handlers.js';

export interface HandlerOptions {
  readonly daemon: DaemonFacts;
  readonly maxEventSubscribers: number;
}

export function allHandlers(application: Application, options: HandlerOptions): ReadonlyMap<string, RpcHandler> {
  const handlers = [
    ...connectionHandlers(),
    ...contextHandlers(application),
    ...commandHandlers(application),
    ...commandBlockHandlers(application),
    ...lockoutHandlers(application),
    ...policyHandlers(application),
    ...authLevelHandlers(application),
    ...statusHandlers(application, options.daemon),
    ...eventHandlers(application, options.maxEventSubscribers),
    ...resourceHandlers(application),
    ...powerHandlers(application),
    ...ownerAuthHandlers(application),
    ...tpmHandlers(application),
    ...eventLogHandlers(application),
    ...physicalPresenceHandlers(application),
  ];
  return new Map(handlers.map((each) => [each.name, each]));
}
