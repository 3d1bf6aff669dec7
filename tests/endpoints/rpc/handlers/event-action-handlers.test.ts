import assert from 'node:assert/strict';
import type { EventActionState } from '../../../../ts-core/application/event-actions/manage-event-actions.js';
import { eventActionHandlers } from '../../../../ts-core/endpoints/rpc/handlers/event-action-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const STATE: EventActionState = {
  ...{ name: 'notify', kinds: ['warning', 'noLongerKnown'], path: '/a.ps1', registeredAt: '2026-01-01T12:00:00.000Z' },
  script: { sha256: 'ab' },
  reportedAt: null,
  figures: {
    ...{ runs: 1, failures: 0, failuresInARow: 0, waiting: 0, coalesced: 0, dropped: 0 },
    ...{ lastRunAt: null, lastResult: null },
  },
};

function listed(state: EventActionState) {
  const { eventActionList } = eventActionHandlers(applicationWith({ eventActions: { list: () => [state] } }));
  return eventActionList(sessionOf(ROOT), undefined);
}

describe('the handlers of event actions', () => {
  it('show an action that is enabled, without kinds that this version does not know', async () => {
    const [action] = (await listed(STATE)).actions;
    assert.deepEqual([action?.state, action?.reason, action?.sha256], ['enabled', null, 'ab']);
    assert.deepEqual([action?.kinds, action?.runs], [['warning'], 1]);
  });

  it('show why an action is disabled, or why its script is refused if both apply', async () => {
    const disabled = { ...STATE, disabled: { since: STATE.registeredAt, reason: 'It failed.' } };
    const [first] = (await listed(disabled)).actions;
    assert.deepEqual([first?.state, first?.reason, first?.sha256], ['disabled', 'It failed.', 'ab']);
    const [second] = (await listed({ ...disabled, script: { refused: 'Missing.' } })).actions;
    assert.deepEqual([second?.state, second?.reason, second?.sha256], ['refused', 'Missing.', null]);
  });

  it('count a connection that reports as the service, once, until it ends', async () => {
    let services = 0;
    const { eventActionReport } = eventActionHandlers(
      applicationWith({
        eventActions: {
          report: async () => undefined,
          serviceConnected: () => {
            services++;
            return () => void services--;
          },
        },
      }),
    );
    const session = sessionOf(ROOT);
    const report = { actions: [], drops: [], lost: 0, disabled: [], tests: [] };
    await eventActionReport(session, report);
    await eventActionReport(session, report);
    assert.equal(services, 1);
    session.end();
    assert.equal(services, 0);
  });

  it('do not count a connection whose report is refused', async () => {
    const { eventActionReport } = eventActionHandlers(
      applicationWith({ eventActions: { report: async () => Promise.reject(new Error('denied')) } }),
    );
    const report = { actions: [], drops: [], lost: 0, disabled: [], tests: [] };
    await assert.rejects(async () => eventActionReport(sessionOf(ROOT), report), /denied/);
  });
});
