import type { Application } from '../../../application/application.js';
import { type Handlers, ListInTurns } from '../handler.js';
import type * as contract from '../protocol/context.js';

export function contextHandlers({ contexts, userNames }: Application): Handlers<typeof contract, 'contextList'> {
  return {
    contextOpen: (session, { versions }) => session.tpm.openContext(versions),
    contextClose: (session, { contextId }) => {
      if (session.tpm.hasContext(contextId)) session.tpm.closeContext(contextId);
      else contexts.closeForeign(session.caller, contextId);
      return {};
    },
    contextList: async (session) => {
      const listed = contexts.list(session.caller);
      const names = await userNames.namesOf(listed.map(({ context }) => context.caller.userKey));
      return new ListInTurns('contexts', listed, ({ context, waitingCommands, resources }) => ({
        contextId: context.id,
        userKey: context.caller.userKey,
        userName: names.get(context.caller.userKey) ?? null,
        callerClass: context.caller.callerClass,
        processId: context.caller.processId ?? null,
        openedAt: new Date(context.openedAtMs).toISOString(),
        waitingCommands,
        resources,
        own: session.tpm.hasContext(context.id),
      }));
    },
  };
}
