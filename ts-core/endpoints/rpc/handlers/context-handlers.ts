import type { Application } from '../../../application/application.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/context.js';

export function contextHandlers({ contexts, userNames }: Application): Handlers<typeof contract> {
  return {
    contextOpen: (session, { versions }) => session.tpm.openContext(versions),
    contextClose: (session, { contextId }) => {
      if (session.tpm.hasContext(contextId)) session.tpm.closeContext(contextId);
      else contexts.closeForeign(session.caller, contextId);
      return {};
    },
    contextList: (session) => ({
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
    }),
  };
}
