import type { Application } from '../../../application/application.js';
import type { PhysicalPresenceState } from '../../../application/firmware/manage-physical-presence.js';
import {
  offeredOperations,
  operationName,
  resultName,
  transitionName,
} from '../../../domain/firmware/physical-presence.js';
import { type Handlers, inTurn } from '../handler.js';
import type * as contract from '../protocol/physical-presence.js';

export function physicalPresenceHandlers({
  physicalPresence,
  recentAnswers,
}: Application): Handlers<typeof contract, 'physicalPresenceGet'> {
  return {
    physicalPresenceGet: async ({ caller }) => {
      const state = await recentAnswers.for(caller, 'physicalPresence/get', () => physicalPresence.get());
      return inTurn(() => description(state));
    },
    physicalPresenceRequest: async ({ caller }, { operation }) =>
      description(await physicalPresence.request(caller, operation)),
  };
}

function description(state: PhysicalPresenceState): contract.PhysicalPresence {
  const { lastAnswer, confirmations } = state;
  return {
    version: state.version,
    request: state.pendingOperation,
    requestName: operationName(state.pendingOperation),
    transition: transitionName(state.transitionAction),
    response:
      lastAnswer === undefined
        ? null
        : { ...lastAnswer, name: operationName(lastAnswer.operation), resultName: resultName(lastAnswer.result) },
    operations: offeredOperations(confirmations).map(({ number, name, confirmation }) => ({
      operation: number,
      name,
      confirmation,
    })),
  };
}
