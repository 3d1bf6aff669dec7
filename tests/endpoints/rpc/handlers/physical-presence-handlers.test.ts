import assert from 'node:assert/strict';
import type { PhysicalPresenceState } from '../../../../ts-core/application/firmware/manage-physical-presence.js';
import { RecentAnswers } from '../../../../ts-core/application/status/recent-answers.js';
import { physicalPresenceHandlers } from '../../../../ts-core/endpoints/rpc/handlers/physical-presence-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { applicationWith, resultIn, sessionOf } from '../../../support/rpc-session.js';

const CLEAR = 5;
const STATE: PhysicalPresenceState = {
  version: '1.3',
  pendingOperation: CLEAR,
  transitionAction: 2,
  lastAnswer: { operation: CLEAR, result: 0xfffffff0 },
  confirmations: new Map([
    [1, 0],
    [CLEAR, 3],
  ]),
};

function setUp(state: Partial<PhysicalPresenceState> = {}) {
  const requested: unknown[] = [];
  const handlers = physicalPresenceHandlers(
    applicationWith({
      physicalPresence: {
        get: async () => ({ ...STATE, ...state }),
        request: async (caller, operation) => {
          requested.push([caller.userKey, operation]);
          return STATE;
        },
      },
      recentAnswers: new RecentAnswers(new FakeClock(), 1000),
    }),
  );
  return {
    handlers,
    requested,
    get: async () => resultIn(await handlers.physicalPresenceGet(sessionOf(ROOT), undefined)),
  };
}

describe('the handlers of physical presence', () => {
  it('return the pending request, what executes it, and the last result', async () => {
    const { request, requestName, transition, response } = await setUp().get();
    assert.deepEqual([request, requestName, transition], [CLEAR, 'Clear', 'Restart']);
    assert.deepEqual(response, { operation: CLEAR, name: 'Clear', result: 0xfffffff0, resultName: 'UserAbort' });
    assert.equal((await setUp({ lastAnswer: undefined }).get()).response, null);
  });

  it('list only the operations that the firmware offers', async () => {
    const { operations } = await setUp().get();
    assert.deepEqual(operations, [{ operation: CLEAR, name: 'Clear', confirmation: 'UserRequired' }]);
  });

  it('list every operation if the firmware cannot be asked, as unknown', async () => {
    const { operations } = await setUp({ confirmations: undefined }).get();
    assert.ok(operations.length > 15);
    assert.ok(operations.every(({ confirmation }) => confirmation === 'Unknown'));
  });

  it('submit a request on behalf of the caller, and return the new state', async () => {
    const { handlers, requested } = setUp();
    const { version } = await handlers.physicalPresenceRequest(sessionOf(ROOT), { operation: CLEAR });
    assert.deepEqual([version, requested], ['1.3', [['uid:0', CLEAR]]]);
  });
});
