import type { Application } from '../../../application/application.js';
import type { EventActionState } from '../../../application/event-actions/manage-event-actions.js';
import type { Handlers } from '../handler.js';
import { eventKind } from '../protocol/event.js';
import type * as contract from '../protocol/event-action.js';
import type { RpcSession } from '../rpc-session.js';

export function eventActionHandlers({ eventActions }: Application): Handlers<typeof contract> {
  const reporting = new WeakSet<RpcSession>();
  return {
    eventActionList: () => ({ actions: eventActions.list().map(eventAction) }),
    eventActionRegister: async ({ caller }, params) => eventAction(await eventActions.register(caller, params)),
    eventActionUnregister: async ({ caller }, { name }) => ({ removed: await eventActions.unregister(caller, name) }),
    eventActionTest: ({ caller }, { name }) => eventActions.test(caller, name),
    eventActionReport: async (session, params) => {
      await eventActions.report(session.caller, params);
      if (!reporting.has(session)) {
        reporting.add(session);
        const left = eventActions.serviceConnected();
        session.onEnd(left);
      }
      return {};
    },
  };
}

function eventAction(action: EventActionState): contract.EventAction {
  const { name, path, script, registeredAt, reportedAt, disabled, figures } = action;
  const refusal = 'refused' in script ? script.refused : null;
  const { runs, failures, failuresInARow, waiting, coalesced, dropped, lastRunAt, lastResult } = figures;
  return {
    name,
    // Another version may have stored kinds that this one does not know.
    kinds: eventKind.options.filter((kind) => action.kinds.includes(kind)),
    path,
    sha256: 'sha256' in script ? script.sha256 : null,
    state: stateOf(refusal, disabled !== undefined),
    reason: refusal ?? disabled?.reason ?? null,
    registeredAt,
    reportedAt,
    ...{ runs, failures, failuresInARow, waiting, coalesced, dropped, lastRunAt, lastResult },
  };
}

function stateOf(refusal: string | null, isDisabled: boolean): contract.EventAction['state'] {
  if (refusal !== null) return 'refused';
  return isDisabled ? 'disabled' : 'enabled';
}
