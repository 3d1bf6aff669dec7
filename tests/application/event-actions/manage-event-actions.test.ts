import assert from 'node:assert/strict';
import {
  type ActionReport,
  type ActionRun,
  ManageEventActions,
} from '../../../ts-core/application/event-actions/manage-event-actions.js';
import type { ScriptRead } from '../../../ts-core/application/ports/action-scripts.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

const SERVICE: Caller = { userKey: 'uid:990', callerClass: 'standardUser', isObserver: true, runsEventActions: true };
const NOTIFY = { kinds: ['lockoutBegan'], path: '/etc/tpmtbs/actions.d/notify.ps1' };
const NOTHING: ActionReport = { actions: [], drops: [], lost: 0, disabled: [], tests: [] };
const RUN: ActionRun = {
  ...{ name: 'notify', result: 'succeeded', durationMs: 5, sha256: 'ab', output: 'done', error: null },
};
const FIGURES = {
  ...{ name: 'notify', runs: 7, failures: 2, failuresInARow: 1, waiting: 0, coalesced: 3, dropped: 4 },
  ...{ lastRunAt: '2026-01-01T11:00:00.000Z', lastResult: 'failed' as const },
};

function rig(store = new MemoryStore()) {
  const clock = new FakeClock();
  const { events, told } = recordedEvents(clock);
  const scripts = { read: (): ScriptRead => ({ ok: true, bytes: new Uint8Array(), sha256: 'ab' }) };
  return { actions: new ManageEventActions({ store, scripts, events, clock }), clock, store, scripts, told };
}

const symbol = (expected: string) => (error: TbsError) => error.symbol === expected;

describe('event actions', () => {
  it('are registered under the name of their script, shown with its hash, and stored', async () => {
    const { actions, store, told } = rig();
    const registered = await actions.register(ROOT, NOTIFY);
    assert.deepEqual([registered.name, registered.script], ['notify', { sha256: 'ab' }]);
    assert.deepEqual(rig(store).actions.list(), [registered]);
    assert.deepEqual(told[0]?.details, { eventAction: 'notify', path: NOTIFY.path, sha256: 'ab' });
    assert.deepEqual([told[0]?.kind, told[0]?.userKey], ['administration', 'uid:0']);
  });

  it('are refused without a trusted script or a usable name, and nothing is stored', async () => {
    const { actions, scripts } = rig();
    scripts.read = () => ({ ok: false, reason: '/etc belongs to user 1000.' });
    assert.throws(() => actions.register(ROOT, NOTIFY), /only root can change\. \/etc belongs to user 1000/);
    assert.throws(() => actions.register(ROOT, { ...NOTIFY, name: '../x' }), symbol('TBS_E_BAD_PARAMETER'));
    assert.deepEqual(actions.list(), []);
  });

  it('are at most 64, of which one may be replaced', async () => {
    const { actions } = rig();
    for (let index = 0; index < 64; index++) await actions.register(ROOT, { ...NOTIFY, name: `a${index}` });
    await assert.rejects(actions.register(ROOT, NOTIFY), symbol('TBS_E_TOO_MANY_RESOURCES'));
    await actions.register(ROOT, { ...NOTIFY, name: 'a5', kinds: ['warning', 'warning'] });
    assert.deepEqual(actions.list().find(({ name }) => name === 'a5')?.kinds, ['warning']);
    assert.equal(actions.list().length, 64);
  });

  it('show that their script is refused now', async () => {
    const { actions, scripts } = rig();
    await actions.register(ROOT, NOTIFY);
    scripts.read = () => ({ ok: false, reason: 'gone' });
    assert.deepEqual(actions.list()[0]?.script, { refused: 'gone' });
  });

  it('are unregistered once', async () => {
    const { actions, told } = rig();
    await actions.register(ROOT, NOTIFY);
    assert.deepEqual(
      [await actions.unregister(ROOT, 'notify'), await actions.unregister(ROOT, 'notify')],
      [true, false],
    );
    assert.deepEqual([actions.list(), told.length], [[], 2]);
  });

  it('accept figures only from the service', async () => {
    const { actions } = rig();
    await actions.register(ROOT, NOTIFY);
    const report = { ...NOTHING, actions: [FIGURES, { ...FIGURES, name: 'unknown' }] };
    const observer: Caller = { ...ALICE, isObserver: true };
    await assert.rejects(actions.report(observer, report), symbol('TBS_E_ACCESS_DENIED'));
    assert.deepEqual([actions.list()[0]?.figures.runs, actions.list()[0]?.reportedAt], [0, null]);
    await actions.report(SERVICE, report);
    assert.equal(actions.list()[0]?.figures.dropped, 4);
    assert.equal(actions.list()[0]?.reportedAt, '2026-01-01T12:00:00.000Z');
  });

  it('are disabled by a report until they are registered again, also after a restart', async () => {
    const { actions, store, told } = rig();
    await actions.register(ROOT, NOTIFY);
    const report = { ...NOTHING, disabled: [{ name: 'notify', reason: 'It failed.' }] };
    await actions.report(SERVICE, report);
    await actions.report(SERVICE, report);
    assert.deepEqual([actions.disabled(), actions.list()[0]?.disabled?.reason], [['notify'], 'It failed.']);
    assert.equal(told.filter(({ kind }) => kind === 'warning').length, 1);
    const later = rig(store).actions;
    assert.deepEqual([later.disabled(), later.list()[0]?.disabled?.reason], [['notify'], 'It failed.']);
    await later.register(ROOT, NOTIFY);
    assert.deepEqual(later.disabled(), []);
  });

  it('have their drops in the audit log, as an event of the service', async () => {
    const { actions, told } = rig();
    await actions.register(ROOT, NOTIFY);
    await actions.report(SERVICE, { ...NOTHING, drops: [{ name: 'notify', reason: 'userLimit', count: 12 }] });
    const { kind, userKey, details } = told.at(-1) ?? {};
    assert.deepEqual([kind, userKey], ['warning', 'uid:990']);
    assert.deepEqual(details, { eventAction: 'notify', reason: 'userLimit', count: 12 });
  });

  it('have the events that the service did not get in the audit log', async () => {
    const { actions, told } = rig();
    await actions.report(SERVICE, { ...NOTHING, lost: 12 });
    const { kind, userKey, details } = told.at(-1) ?? {};
    assert.deepEqual([kind, userKey, details], ['warning', 'uid:990', { lost: 12 }]);
  });

  it('are tested by the service, which receives the test like any event', async () => {
    const { actions, told } = rig();
    await actions.register(ROOT, NOTIFY);
    actions.serviceConnected();
    const test = actions.test(ROOT, 'notify');
    assert.deepEqual(told.at(-1)?.details, { eventAction: 'notify', test: 1 });
    await actions.report(SERVICE, { ...NOTHING, tests: [{ test: 99, run: RUN }] });
    await actions.report(SERVICE, { ...NOTHING, tests: [{ test: 1, run: RUN }] });
    assert.deepEqual(await test, RUN);
    await assert.rejects(actions.test(ROOT, 'other'), symbol('TBS_E_BAD_PARAMETER'));
  });

  it('cannot be tested without the service, and a test ends with its last connection', async () => {
    const { actions, clock, told } = rig();
    await actions.register(ROOT, NOTIFY);
    const before = told.length;
    await assert.rejects(actions.test(ROOT, 'notify'), symbol('TBS_E_SERVICE_NOT_RUNNING'));
    assert.equal(told.length, before);
    const left = actions.serviceConnected();
    const leftToo = actions.serviceConnected();
    const test = assert.rejects(actions.test(ROOT, 'notify'), /is not connected to the broker/);
    left();
    assert.equal(clock.pendingTimers(), 1);
    leftToo();
    await test;
    assert.equal(clock.pendingTimers(), 0);
  });

  it('end a test that the service does not report in time, and allow few tests at once', async () => {
    const { actions, clock } = rig();
    await actions.register(ROOT, NOTIFY);
    actions.serviceConnected();
    const tests = Array.from({ length: 8 }, () => assert.rejects(actions.test(ROOT, 'notify'), /within 90 seconds/));
    await assert.rejects(actions.test(ROOT, 'notify'), symbol('TBS_E_TOO_MANY_RESOURCES'));
    clock.advance(90_000);
    await Promise.all(tests);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('ignore stored records in another format', () => {
    const store = new MemoryStore();
    store.kept.set('feature:eventActions', [
      null,
      5,
      { name: 'x' },
      { name: 'a', kinds: [1], path: '', registeredAt: '' },
    ]);
    assert.deepEqual(rig(store).actions.list(), []);
    store.kept.set('feature:eventActions', 'text');
    assert.deepEqual(rig(store).actions.list(), []);
  });
});
