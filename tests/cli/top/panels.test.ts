import assert from 'node:assert/strict';
import type { Snapshot } from '../../../ts-core/cli/top/broker-watch.js';
import { type PanelName, panelsOf } from '../../../ts-core/cli/top/panels.js';
import { INITIAL_STATE } from '../../../ts-core/cli/top/top-state.js';
import type { Event } from '../../../ts-core/endpoints/rpc/protocol/event.js';

const NOW = new Date(2026, 0, 2, 12, 0, 0);
const YESTERDAY = new Date(2026, 0, 1, 9, 5, 3);

function refusal(changes: Partial<Event> = {}): Event {
  return {
    ...{ kind: 'commandRefused', time: NOW.toISOString(), userKey: 'uid:1', callerClass: 'standardUser' },
    message: '4 authorization failures of this user reach the threshold of 4.',
    details: { command: 'TPM2_Sign (0x15D)', rule: 'lockout' },
    ...changes,
  };
}

const SNAPSHOT = {
  time: NOW.toISOString(),
  status: { queue: { estimatedWaitMs: 0 } },
  queue: { waiting: [], running: null },
  activity: { periodSeconds: 5, perSecond: 0, commands: [] },
  contexts: [],
  resources: [
    {
      ...{ id: 'r1', userKey: 'uid:1000', userName: 'alice', contextId: 1, resident: true },
      ...{ kind: 'transient', virtualHandle: 0x80000000 },
    },
  ],
  refusals: [refusal(), refusal()],
  userNames: { 'uid:1': 'daemon' },
} as unknown as Snapshot;

describe('the panels of tbs top', () => {
  const panels = (filter = '', changes: Partial<Snapshot> = {}) =>
    panelsOf({ ...SNAPSHOT, ...changes }, { filter, sortColumns: INITIAL_STATE.sortColumns });
  const shown = (name: PanelName, filter: string) => panels(filter)[name].rows.length;

  it('say that nothing matches if the filter hides every row, and only then', () => {
    const { holders, refusals, queue } = panels('no such text');
    for (const { emptyText } of [holders, refusals]) assert.equal(emptyText, 'Nothing matches /no such text');
    assert.equal(queue.emptyText, 'Nothing waits.');
    assert.equal(panels('', { refusals: [] }).refusals.emptyText, 'Nothing was refused.');
  });

  it('count what there is, and what the filter shows of it', () => {
    assert.equal(panels().holders.title, 'Held 1');
    assert.equal(panels('no such text').holders.title, 'Held 1, 0 shown');
  });

  it('find a refusal by its command, its user’s name and the user’s key', () => {
    for (const filter of ['tpm2_sign', 'daemon', 'uid:1', 'threshold'])
      assert.equal(shown('refusals', filter), 2, filter);
    assert.equal(shown('refusals', 'TPM2_Clear'), 0);
    assert.equal(shown('holders', 'uid:1000'), 1);
  });

  it('show account names where the broker has reported them', () => {
    assert.equal(panels().refusals.rows[0]?.cells[1], 'daemon');
    assert.equal(panels('', { userNames: {} }).refusals.rows[0]?.cells[1], 'uid:1');
  });

  it('date the refusals of another day, in a column that is wide enough', () => {
    assert.deepEqual([panels().refusals.columns[0]?.width, panels().refusals.rows[0]?.cells[0]], [8, '12:00:00']);
    const { columns, rows } = panels('', { refusals: [refusal({ time: YESTERDAY.toISOString() })] }).refusals;
    assert.deepEqual([columns[0]?.width, rows[0]?.cells[0]], [19, '2026-01-01 09:05:03']);
  });

  it('give equal refusals different ids, and each the same id in the next snapshot', () => {
    const idsOf = () => panels().refusals.rows.map(({ id }) => id);
    assert.equal(new Set(idsOf()).size, 2);
    assert.deepEqual(idsOf(), idsOf());
  });
});
