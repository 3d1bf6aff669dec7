import assert from 'node:assert/strict';
import { topCommand } from '../../../ts-core/cli/commands/top.js';
import { activityGet } from '../../../ts-core/endpoints/rpc/protocol/activity.js';
import { contextList } from '../../../ts-core/endpoints/rpc/protocol/context.js';
import { eventSubscribe } from '../../../ts-core/endpoints/rpc/protocol/event.js';
import { lockoutGet } from '../../../ts-core/endpoints/rpc/protocol/lockout.js';
import { queueGet } from '../../../ts-core/endpoints/rpc/protocol/queue.js';
import { resourceList } from '../../../ts-core/endpoints/rpc/protocol/resource.js';
import { statusGet } from '../../../ts-core/endpoints/rpc/protocol/status.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const REFUSAL = { time: '2026-01-01T12:00:00.000Z', kind: 'commandRefused', message: 'first', details: {} };
const ACTIVITY = { periodSeconds: 5, perSecond: 2, commands: [] };

describe('tbs top', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    asCaller('administrator');
    broker.answers(queueGet, { waiting: [], running: null });
    broker.answers(activityGet, ACTIVITY);
    broker.answers(lockoutGet, { users: [] });
    broker.answers(contextList, { contexts: [] });
    broker.answers(resourceList, { resources: [] });
    broker.answers(eventSubscribe, {
      recent: [REFUSAL, { ...REFUSAL, kind: 'warning' }, { ...REFUSAL, message: 'second' }],
    });
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const asCaller = (callerClass: string, isObserver = false): void =>
    broker.answers(statusGet, { caller: { callerClass, isObserver } });
  const top = (...args: readonly string[]) => broker.tbs(topCommand, 'top', ...args);
  const snapshot = async () => parsed((await top('--json', '--count', '1')).output) as Record<string, unknown>;

  it('prints snapshots as lines of JSON, with the refusals newest first', async () => {
    const { activity, refusals } = await snapshot();
    assert.deepEqual(activity, ACTIVITY);
    assert.deepEqual(
      (refusals as { message: string }[]).map(({ message }) => message),
      ['second', 'first'],
    );
  });

  it('requests the activity of the interval', async () => {
    const { calls } = await top('--json', '--count', '1', '--interval', '7');
    assert.deepEqual(calls.find(([method]) => method === activityGet.name)?.[1], { seconds: 7 });
  });

  it('shows callers who may not observe others nothing of them', async () => {
    asCaller('standardUser');
    assert.equal((await snapshot())['activity'], null);
    asCaller('standardUser', true);
    assert.deepEqual((await snapshot())['activity'], ACTIVITY);
    asCaller('sandboxedApp');
    assert.equal((await snapshot())['queue'], null);
  });

  it('needs a terminal to draw on', async () => {
    await assert.rejects(top(), { exitCode: 64, message: 'tbs top draws on a terminal.' });
  });

  it('requires an interval of 1 to 60 whole seconds, and a count above 0', async () => {
    for (const wrong of ['0', '61', '1.5']) await assert.rejects(top('--interval', wrong), /--interval must be/);
    await assert.rejects(top('--json', '--count', '0'), /--count must be/);
  });
});
