import type { Application } from '../../../application/application.js';
import { handler, type RpcHandler } from '../handler.js';
import { contextClose, contextList, contextOpen } from '../protocol/context.js';

export function contextHandlers({ contexts, userNames }: Application): readonly RpcHandler[] {
  return [
    handler(contextOpen, (session, { versions }) => session.tpm.openContext(versions)),
    handler(contextClose, (session, { contextId }) => {
      if (session.tpm.hasContext(contextId)) session.tpm.closeContext(contextId);
      else contexts.closeForeign(session.caller, contextId);
      return {};
    }),
    handler(contextList, (session) => ({
      contexts: contexts.list(session.caller).map(({ context, waitingCommands, resources }) => ({
        contextId: context.id,
        userKey: context.caller.userKey,
        userName: userNames.nameOf(context.caller.userKey),
        callerClass: context.caller.callerClass,
        processId: context.caller.processId ?? null,
        openedAt: new Date(context.openedAtMs).toISOString(),
        waitingCommands,
        resources,
        own: session.tpm.hasContext(context.id),
      })),
    })),
  ];
}
