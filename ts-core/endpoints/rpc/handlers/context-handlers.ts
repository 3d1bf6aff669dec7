import type { Application } from '../../../application/application.js';
import { type Handlers, listInTurns } from '../handler.js';
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
      const names = await userNames.namesOf(new Set(listed.map(({ caller }) => caller.userKey)));
      return listInTurns('contexts', listed, (context) => {
        const { id, caller, openedAtMs } = context;
        const { waitingCommands, resources } = contexts.stateOf(context);
        return {
          contextId: id,
          userKey: caller.userKey,
          userName: names.get(caller.userKey) ?? null,
          callerClass: caller.callerClass,
          processId: caller.processId ?? null,
          openedAt: new Date(openedAtMs).toISOString(),
          waitingCommands,
          resources,
          own: session.tpm.hasContext(id),
        };
      });
    },
  };
}
